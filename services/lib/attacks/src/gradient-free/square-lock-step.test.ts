import { concat, reduceMean, reshape, sub } from '@parallax/graph';
import { createObjective, fillDraws, type TracedEncoder } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { sliceBatch, toNumbers, uniformBatch } from '@parallax/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBall } from '../budget.ts';
import { placeNear } from '../near/place.ts';
import type { ImageDims } from '../norms/norm.ts';
import { findAttack } from '../registry.ts';
import { marginAt, type Vector } from '../testing/reference.ts';
import { squareMove, squareSide, squareStart } from '../testing/reference-square.ts';
import { imageAt, numberAt, stepToy } from '../testing/step-toy.ts';
import { toyDims, toyImages, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [3, 8, 21];
const labels = [0, 4, 2];
const classes = 5;
const queries = 16;
const pInit = 0.8;
const clean = toyImages(sampleIds);

const budgets = [
  { norm: 'linf', epsilon: 8 / 255 },
  { norm: 'l2', epsilon: 0.5 },
  { norm: 'l1', epsilon: 4 },
] as const;

function expectClose(found: Vector, wanted: Vector): void {
  expect(Math.max(...found.map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN))))).toBeLessThan(1e-5);
}

test.each(budgets)('Square makes the moves of the reference in $norm, state by state', async (budget) => {
  const setting = { attack: 'square', options: { queries, pInit }, budget, sampleIds, labels, classes };
  const { stepper, bound } = await stepToy(engine, setting);
  const reference = { dims: toyDims, ball: { ...budget, radius: bound.ball.radius } };
  let state = await stepper.start();
  const memories = sampleIds.map((_, row) => {
    const start = imageAt({ clean }, 'clean', row);
    const first = squareStart(start, stepper.drawnAtStart(row), reference);
    expectClose(imageAt(state, 'attack.candidate', row), first);
    return { start, best: first, bestLoss: Number.NEGATIVE_INFINITY, candidate: first };
  });
  const accepted = new Set<boolean>();
  for (let query = 0; query < queries; query++) {
    state = await stepper.steps(state, query, 1);
    for (const [row, memory] of memories.entries()) {
      const { loss } = marginAt(toyWeights(classes), memory.candidate, labels[row] ?? 0);
      const isBetter = loss > memory.bestLoss;
      accepted.add(isBetter);
      if (isBetter) Object.assign(memory, { best: memory.candidate, bestLoss: loss });
      const side = squareSide(query, queries, pInit, reference);
      memory.candidate = squareMove(memory.best, memory.start, side, stepper.drawnAt(query, row), reference);
      expect(numberAt(state, 'attack.bestLoss', row)).toBeCloseTo(memory.bestLoss, 4);
      expectClose(imageAt(state, 'attack.best', row), memory.best);
      expectClose(imageAt(state, 'attack.candidate', row), memory.candidate);
    }
  }
  expect([...accepted].sort()).toEqual([false, true]);
});

/** Tells bright images of any size from dark ones. */
const brightness: TracedEncoder = {
  encode: (images) => reshape(reduceMean(images, [1, 2, 3]), [-1, 1]),
  classify: (mean) => concat([mean, sub(1, mean)], 1),
};

const sizes: readonly ImageDims[] = [
  [2, 11, 17],
  [1, 24, 15],
];

test.each(sizes.flatMap((dims) => budgets.map((budget) => ({ dims, ...budget }))))(
  'Square starts with the tiles or stripes of the reference in $norm on images of $dims',
  async ({ dims, norm, epsilon }) => {
    const definition = findAttack('square');
    const ball = createBall({ norm, epsilon }, dims);
    const { start } = placeNear(definition.bind({}, ball), createObjective(definition.objective), brightness, {
      selection: 'transfer',
    });
    const draws = fillDraws(start.draws, { seed: 1, sampleIds });
    const images = uniformBatch({ seed: 2, purpose: 'images' }, sampleIds, dims);
    const executable = await engine.compile(start.graph);
    const { 'next.attack.candidate': candidates } = await executable.run({ ...draws, clean: images });
    const [drawn] = Object.values(draws);
    if (candidates === undefined || drawn === undefined) throw new Error('expected a start');
    for (const row of sampleIds.keys()) {
      const [image, numbers, found] = [images, drawn, candidates].map((all) =>
        toNumbers(sliceBatch(all, row, row + 1)),
      );
      const wanted = squareStart(image ?? [], numbers ?? [], { dims, ball: { norm, epsilon, radius: ball.radius } });
      expectClose(found ?? [], wanted);
    }
    await executable.close();
  },
);
