import { createGraph, differentiate, input, mul, reduceSum, type Value } from '@parallax/graph';
import { createDraws, type Draw } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, type Tensor, toNumbers, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simclr } from './simclr.ts';
import { flip, weak } from './weak.ts';

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const side = 8;
const size = 3 * side * side;
const images = float32([2, 3, side, side], uniform({ seed: 1, purpose: 'test' }, 2 * size));

type Augmentation = (images: Value, draw: Draw) => Value;

/** Applies an augmentation to the two images with the draws given for both, by purpose. */
async function apply(
  augmentation: Augmentation,
  given: Readonly<Record<string, readonly number[]>>,
): Promise<number[]> {
  const x = input('images', ['N', 3, side, side]);
  const draws = createDraws();
  const traced = augmentation(x, draws.draw);
  const executable = await engine.compile(createGraph([x, ...draws.inputs], { y: traced }));
  const feeds: Record<string, Tensor> = { images };
  for (const { name, purpose, dims } of draws.specs) {
    const values = given[purpose] ?? [];
    feeds[name] = float32([2, ...dims], [...values, ...values]);
  }
  const { y } = await executable.run(feeds);
  return y === undefined ? [] : toNumbers(y);
}

function pixel(values: ArrayLike<number>, channel: number, row: number, column: number): number {
  if (row < 0 || row >= side || column < 0 || column >= side) return 0;
  return values[(channel * side + row) * side + column] ?? Number.NaN;
}

function expectPixels(
  actual: readonly number[],
  expected: (channel: number, row: number, column: number) => number,
  digits = 5,
): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        expect(pixel(actual, channel, row, column)).toBeCloseTo(expected(channel, row, column), digits);
      }
    }
  }
}

describe('weak', () => {
  // A draw u becomes the shift ⌊9u⌋ - 4.
  it.each([
    { draws: [0.5, 0.5, 0.9], shift: [0, 0], flipped: false },
    { draws: [0, 0.99, 0.9], shift: [-4, 4], flipped: false },
    { draws: [0.75, 0.3, 0.1], shift: [2, -2], flipped: true },
  ])('shifts by $shift, flipped: $flipped', async ({ draws, shift: [down = 0, right = 0], flipped }) => {
    const actual = await apply(weak, { 'augmentation.weak': draws });
    expectPixels(actual, (channel, row, column) => {
      const at = column + right;
      return pixel(images.data, channel, row + down, flipped ? side - 1 - at : at);
    });
  });
});

describe('flip', () => {
  it('turns the image around below one half', async () => {
    expectPixels(await apply(flip, { 'augmentation.flip': [0.2] }), (channel, row, column) =>
      pixel(images.data, channel, row, side - 1 - column),
    );
    expectPixels(await apply(flip, { 'augmentation.flip': [0.7] }), (channel, row, column) =>
      pixel(images.data, channel, row, column),
    );
  });
});

describe('simclr', () => {
  const whole = [1, 0.5, 0, 0, 0.9];
  const unblurred = [0];
  const plain = [0.95, 0.5, 0.5, 0.5, 0.5, 0.9];

  it('leaves the image alone when every draw says so', async () => {
    const actual = await apply(simclr, {
      'augmentation.crop': whole,
      'augmentation.blur': unblurred,
      'augmentation.colour': plain,
    });
    expectPixels(actual, (channel, row, column) => pixel(images.data, channel, row, column), 4);
  });

  it('greys', async () => {
    const actual = await apply(simclr, {
      'augmentation.crop': whole,
      'augmentation.blur': unblurred,
      'augmentation.colour': [0.95, 0.5, 0.5, 0.5, 0.5, 0.1],
    });
    const luma = [0.299, 0.587, 0.114];
    expectPixels(
      actual,
      (_, row, column) =>
        luma.reduce((sum, weight, channel) => sum + weight * pixel(images.data, channel, row, column), 0),
      4,
    );
  });

  it('brightens by the drawn factor, clipped', async () => {
    const actual = await apply(simclr, {
      'augmentation.crop': whole,
      'augmentation.blur': unblurred,
      'augmentation.colour': [0.1, 0.75, 0.5, 0.5, 0.5, 0.9],
    });
    expectPixels(actual, (channel, row, column) => Math.min(1, 1.4 * pixel(images.data, channel, row, column)), 4);
  });

  it('blurs with the Gaussian of the drawn deviation, reflecting at the border', async () => {
    const deviation = 0.1 + 1.9 * 0.5;
    const neighbour = Math.exp(-0.5 / deviation ** 2);
    const weights = [neighbour, 1, neighbour].map((value) => value / (1 + 2 * neighbour));
    const reflect = (index: number): number => (index < 0 ? 1 : index >= side ? side - 2 : index);
    const actual = await apply(simclr, {
      'augmentation.crop': whole,
      'augmentation.blur': [0.5],
      'augmentation.colour': plain,
    });
    expectPixels(
      actual,
      (channel, row, column) =>
        weights.reduce(
          (sum, down, i) =>
            sum +
            weights.reduce(
              (inner, across, j) =>
                inner + down * across * pixel(images.data, channel, reflect(row + i - 1), reflect(column + j - 1)),
              0,
            ),
          0,
        ),
      4,
    );
  });

  it('enlarges a crop bilinearly', async () => {
    // A quarter of the area, square, at the upper left corner.
    const actual = await apply(simclr, {
      'augmentation.crop': [(0.25 - 0.08) / 0.92, 0.5, 0, 0, 0.9],
      'augmentation.blur': unblurred,
      'augmentation.colour': plain,
    });
    const read = (channel: number, y: number, x: number): number => {
      const [row, column] = [Math.max(0, y), Math.max(0, x)];
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const mix = (a: number, b: number, share: number): number => a + (b - a) * share;
      return mix(
        mix(pixel(images.data, channel, top, left), pixel(images.data, channel, top, left + 1), column - left),
        mix(pixel(images.data, channel, top + 1, left), pixel(images.data, channel, top + 1, left + 1), column - left),
        row - top,
      );
    };
    expectPixels(actual, (channel, row, column) => read(channel, (row + 0.5) / 2 - 0.5, (column + 0.5) / 2 - 0.5), 4);
  });

  it('has a gradient with respect to the image', () => {
    const x = input('images', ['N', 3, side, side]);
    const y = simclr(x, createDraws().draw);
    expect(differentiate(reduceSum(mul(y, y), undefined, false), [x])[0]?.shape).toEqual(['N', 3, side, side]);
  });
});
