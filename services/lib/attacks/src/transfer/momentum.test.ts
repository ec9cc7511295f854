import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crossEntropyAt, direction, project, type Vector } from '../testing/reference.ts';
import { type Geometry, gradientThrough, viewAt } from '../testing/reference-view.ts';
import { imageAt, type StepState, stepToy } from '../testing/step-toy.ts';
import { toyDims, toyImages, toyPixels, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [0, 1, 2];
const labels = [3, 1, 4];
const weights = toyWeights(10);
const clean = toyImages(sampleIds);
const decay = 0.9;
const moves = 5;

/** What an attack knows at the beginning of a move; the neighbours are those that it drew. */
interface Scene {
  readonly x: Vector;
  /** The image that the momentum leads to, in the box. */
  readonly ahead: Vector;
  readonly variance: Vector;
  readonly neighbours: readonly Vector[];
  /** The gradient at an image, through the view of the given look of this move. */
  readonly gradientAt: (x: Vector, look?: number) => Vector;
}

/** The gradient for the momentum, and the variance for the next move. */
type Reference = (scene: Scene) => { readonly gradient: Vector; readonly variance?: Vector };

const plus = (a: Vector, b: Vector, factor = 1): Vector => a.map((value, at) => value + factor * (b[at] ?? 0));

const smoothed = (gradient: Vector): Vector => {
  const [channels, height, width] = toyDims;
  const at = (c: number, y: number, x: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : (gradient[(c * height + y) * width + x] ?? 0);
  const weight = (dy: number, dx: number): number => Math.exp(-((1.5 * dy) ** 2 + (1.5 * dx) ** 2) / 2);
  const offsets = [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => ({ dy, dx })));
  const total = offsets.reduce((sum, { dy, dx }) => sum + weight(dy, dx), 0);
  return Array.from({ length: channels * height * width }, (_, index) => {
    const [c, y, x] = [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];
    return offsets.reduce((sum, { dy, dx }) => sum + (weight(dy, dx) / total) * at(c, y + dy, x + dx), 0);
  });
};

const varianceTuned = (from: 'x' | 'ahead'): Reference => {
  return ({ variance, neighbours, gradientAt, ...scene }) => {
    const here = gradientAt(scene[from]);
    const zero = here.map(() => 0);
    const mean = neighbours.reduce(
      (sum, each, look) => plus(sum, gradientAt(each, look + 1), 1 / neighbours.length),
      zero,
    );
    return { gradient: plus(here, variance), variance: plus(mean, here, -1) };
  };
};

const references: readonly {
  readonly attack: string;
  readonly options?: Readonly<Record<string, number>>;
  readonly looks?: number;
  readonly reference: Reference;
}[] = [
  { attack: 'mi-fgsm', reference: ({ x, gradientAt }) => ({ gradient: gradientAt(x) }) },
  { attack: 'ni-fgsm', reference: ({ ahead, gradientAt }) => ({ gradient: gradientAt(ahead) }) },
  {
    attack: 'si-fgsm',
    options: { copies: 3 },
    looks: 3,
    reference: ({ x, gradientAt }) => {
      const [one, half, quarter] = [1, 2, 4].map((by, look) =>
        gradientAt(
          x.map((value) => value / by),
          look,
        ).map((g) => g / by),
      );
      return { gradient: plus(plus(one ?? [], half ?? []), quarter ?? []) };
    },
  },
  {
    attack: 'ti-fgsm',
    options: { kernelSize: 5 },
    reference: ({ x, gradientAt }) => ({ gradient: smoothed(gradientAt(x)) }),
  },
  { attack: 'vmi-fgsm', options: { neighbours: 2 }, looks: 3, reference: varianceTuned('x') },
  { attack: 'vni-fgsm', options: { neighbours: 2 }, looks: 3, reference: varianceTuned('ahead') },
];

const budgets = [
  { norm: 'linf', epsilon: 8 / 255, scale: toyPixels },
  { norm: 'l2', epsilon: 0.5, scale: Math.sqrt(toyPixels) },
] as const;

/** With diverse inputs and without: DI-FGSM is MI-FGSM with them. */
const diverse = { diversity: 0.7, resizeRate: 0.4 };
const all = references.flatMap((each) => [
  each,
  {
    ...each,
    attack: each.attack === 'mi-fgsm' ? 'di-fgsm' : each.attack,
    options: { ...each.options, ...diverse },
    views: 'through views',
  },
]);
const cases = all.flatMap((each) => budgets.map((budget) => ({ views: 'directly', ...each, ...budget })));

/** How an image is seen in the next look. */
function geometryOf(state: StepState, row: number): Geometry | undefined {
  const geometry = state['attack.geometry'];
  if (geometry === undefined) return undefined;
  const [tall = 0, wide = 0, top = 0, left = 0] = toNumbers(geometry).slice(4 * row, 4 * row + 4);
  return { tall, wide, top, left };
}

function gradientSeen(state: StepState, row: number, image: Vector): Vector {
  const geometry = geometryOf(state, row);
  const gradientAt = (at: Vector): Vector => crossEntropyAt(weights, at, labels[row] ?? 0).gradient;
  return geometry === undefined ? gradientAt(image) : gradientThrough(gradientAt(viewAt(image, geometry)), geometry);
}

function expectNear(found: Vector, wanted: Vector): void {
  expect(Math.max(...plus(found, wanted, -1).map(Math.abs))).toBeLessThan(1e-5);
}

test.each(cases)(
  '$attack makes the moves of its paper in $norm, $views',
  async ({ attack, norm, epsilon, ...given }) => {
    const { looks = 1, reference, scale } = given;
    const options = { ...given.options, steps: moves, decay };
    const setting = { attack, options, budget: { norm, epsilon }, sampleIds, labels, classes: 10 };
    const { stepper, bound } = await stepToy(engine, setting);
    const ball = { norm, radius: bound.ball.radius, epsilon };
    const variances = sampleIds.map((): Vector => Array<number>(toyPixels).fill(0));
    let state = await stepper.start();
    for (let move = 0; move < moves; move++) {
      const states: StepState[] = [state];
      for (let look = 0; look < looks; look++) {
        states.push(await stepper.steps(states[look] as StepState, move * looks + look, 1));
      }
      const next = states[looks] as StepState;
      for (const row of sampleIds) {
        const x = imageAt(state, 'attack.images', row);
        const before = imageAt(state, 'attack.momentum', row);
        const neighbours = states.slice(1, looks).map((each) => imageAt(each, 'attack.look', row));
        if (attack.startsWith('v')) {
          for (const each of neighbours) {
            expect(direction(plus(each, x, -1), 'linf')).toContain(1);
            const offset = plus(each, x, -1);
            const size = norm === 'linf' ? Math.max(...offset.map(Math.abs)) : Math.hypot(...offset);
            expect(size).toBeLessThanOrEqual(1.5 * epsilon + 1e-6);
          }
        }
        const ahead = plus(x, before, (epsilon / moves) * decay * scale).map((value) =>
          Math.min(1, Math.max(0, value)),
        );
        const gradientAt = (image: Vector, look = 0): Vector => gradientSeen(states[look] as StepState, row, image);
        const seen = reference({ x, ahead, variance: variances[row] ?? [], neighbours, gradientAt });
        variances[row] = seen.variance ?? [];
        // The perceptron has images around which it is constant: nothing is added to the momentum there.
        const sum = seen.gradient.reduce((total, value) => total + Math.abs(value), 0);
        const momentum = seen.gradient.map((g, at) => decay * (before[at] ?? 0) + (sum === 0 ? 0 : g / sum));
        const moved = plus(x, direction(momentum, norm), epsilon / moves);
        expectNear(imageAt(next, 'attack.momentum', row), momentum);
        expectNear(imageAt(next, 'attack.images', row), project(moved, imageAt({ clean }, 'clean', row), ball));
      }
      state = next;
    }
  },
);

test('views have every size and place, and the last look is at the image itself', async () => {
  const many = Array.from({ length: 40 }, (_, id) => id);
  const options = { steps: moves, ...diverse };
  const budget = { norm: 'linf', epsilon: 8 / 255 } as const;
  const setting = { attack: 'di-fgsm', options, budget, sampleIds: many, labels: many.map(() => 0), classes: 10 };
  const { stepper } = await stepToy(engine, setting);
  let state = await stepper.start();
  const seen: Geometry[] = [];
  for (let move = 0; move < moves; move++) {
    seen.push(...many.flatMap((row) => geometryOf(state, row) ?? []));
    state = await stepper.steps(state, move, 1);
  }
  const whole = toyDims[1];
  const changed = seen.filter(({ tall }) => tall < whole);
  expect(changed.length / seen.length).toBeCloseTo(diverse.diversity, 1);
  expect(new Set(changed.map(({ tall }) => tall))).toEqual(new Set([2, 3, 4, 5, 6]));
  for (const { tall, wide, top, left } of seen) {
    expect(wide).toBe(tall);
    expect(Math.max(top, left) + tall).toBeLessThanOrEqual(whole);
    expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
  }
  expect(new Set(changed.filter(({ tall }) => tall === 2).map(({ left }) => left)).size).toBe(6);
  for (const row of many) expect(geometryOf(state, row)).toEqual({ tall: whole, wide: whole, top: 0, left: 0 });
});

test('a resize rate without diversity is refused', async () => {
  const budget = { norm: 'linf', epsilon: 8 / 255 } as const;
  const setting = { attack: 'ti-fgsm', options: { resizeRate: 0.5 }, budget, sampleIds, labels, classes: 10 };
  await expect(stepToy(engine, setting)).rejects.toThrow(/options\.resizeRate: expected absent/);
});
