import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decidedSamples } from '../testing/decided-samples.ts';
import { perceptronAt, type Vector } from '../testing/reference.ts';
import { deepFoolMove, difference, sizeOf } from '../testing/reference-boundary.ts';
import { imageAt, numberAt, stepToy } from '../testing/step-toy.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const classes = 6;
const { weights, classOf, sampleIds, clean, labels } = decidedSamples(classes, 6);
const overshoot = 0.02;

/** The other classes, those of highest logits first. */
function rivalsOf(row: number, count: number): readonly number[] {
  const { logits } = perceptronAt(weights, clean[row] ?? []);
  const others = [...logits.keys()].filter((k) => k !== labels[row]);
  return others.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0)).slice(0, count);
}

/** z_rival − z_label. */
function seenAt(x: Vector, row: number, rival: number) {
  const { logits, gradientOf } = perceptronAt(weights, x);
  const label = labels[row] ?? 0;
  const seed = logits.map((_, k) => (k === rival ? 1 : 0) - (k === label ? 1 : 0));
  return { loss: (logits[rival] ?? 0) - (logits[label] ?? 0), gradient: gradientOf(seed) };
}

function beyond(x: Vector, sum: Vector): Vector {
  return x.map((value, pixel) => Math.min(1, Math.max(0, value + (1 + overshoot) * (sum[pixel] ?? 0))));
}

const cases = (['l2', 'linf'] as const).flatMap((norm) => [2, classes - 1].map((considered) => ({ norm, considered })));

describe.each(cases)('DeepFool in $norm over $considered classes', ({ norm, considered }) => {
  test('moves as the reference does until the class changes, and stays there', async () => {
    const moves = 6;
    const budget = { norm, epsilon: norm === 'l2' ? 5 : 0.5 };
    const options = { steps: moves, classes: considered };
    const rivals = labels.map((_, row) => rivalsOf(row, considered));
    const setting = { attack: 'deepfool', options, budget, sampleIds, labels, rivals, classes };
    const { stepper } = await stepToy(engine, setting);
    let state = await stepper.start();
    const ends = new Map<number, Vector>();
    for (let move = 0; move < moves; move++) {
      const next = await stepper.steps(state, move * considered, considered);
      for (const [row, x0] of clean.entries()) {
        const x = imageAt(state, 'attack.images', row);
        if (!ends.has(row) && classOf(x) !== labels[row]) ends.set(row, x);
        const end = ends.get(row);
        expect(numberAt(next, 'track.done', row)).toBe(end === undefined ? 0 : 1);
        const seen = (rivals[row] ?? []).map((rival) => seenAt(x, row, rival));
        const sum = deepFoolMove(imageAt(state, 'attack.change', row), seen, norm);
        const wanted = end ?? beyond(x0, sum);
        expect(sizeOf(difference(imageAt(next, 'attack.images', row), wanted), 'linf')).toBeLessThan(1e-5);
        if (end === undefined) continue;
        expect(numberAt(next, 'attack.distance', row)).toBeCloseTo(sizeOf(difference(end, x0), norm), 5);
      }
      state = next;
    }
    expect(ends.size).toBe(sampleIds.length);
  });
});
