import { constant } from '@parallax/graph';
import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { float32, int64, toNumbers } from '@parallax/tensor';
import { expect, it } from 'vitest';
import { compute } from '../testing/compute.ts';
import { diffuse, linearSchedule } from './schedule.ts';

const alphaBar = linearSchedule(1000, 1e-4, 0.02);

it('is the schedule of protocol §2.7', () => {
  expect(alphaBar).toHaveLength(1000);
  expect(alphaBar[0]).toBeCloseTo(0.9999, 12);
  expect(alphaBar[11]).toBeCloseTo(0.997488, 6);
  expect(alphaBar[999]).toBeCloseTo(4.04e-5, 7);
});

it('mixes image and noise, at one timestep for all or one for each', async () => {
  const [x, noise] = [float32([2, 1, 1, 1], [0.5, -1]), float32([2, 1, 1, 1], [2, 3])].map(constant) as [never, never];
  const engine = createOnnxRuntimeEngine({ workers: 1 });
  const { same, each } = await compute(engine, {
    same: diffuse(x, noise, 11, alphaBar),
    each: diffuse(x, noise, constant(int64([2], [11, 999])), alphaBar),
  });
  await engine.close();
  const mixed = (value: number, e: number, t: number): number =>
    value * Math.sqrt(alphaBar[t] ?? 0) + e * Math.sqrt(1 - (alphaBar[t] ?? 0));
  const expected = [
    [mixed(0.5, 2, 11), mixed(-1, 3, 11)],
    [mixed(0.5, 2, 11), mixed(-1, 3, 999)],
  ];
  for (const [index, tensor] of [same, each].entries()) {
    for (const [sample, value] of toNumbers(tensor ?? float32([0], [])).entries()) {
      expect(value).toBeCloseTo(expected[index]?.[sample] ?? Number.NaN, 5);
    }
  }
});

it('refuses timesteps that do not exist', () => {
  const x = constant(float32([1, 1, 1, 1], [0]));
  expect(() => diffuse(x, x, 1000, alphaBar)).toThrow('timestep: expected an integer from 0 to 999, got 1000');
});
