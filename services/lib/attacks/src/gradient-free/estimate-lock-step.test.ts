import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { marginAt, type Vector } from '../testing/reference.ts';
import { type EstimateMemory, nesMove, type Slope, spsaMove } from '../testing/reference-estimate.ts';
import { imageAt, numberAt, stepToy } from '../testing/step-toy.ts';
import { toyImages, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const classes = 5;
const weights = toyWeights(classes);
const sampleIds = [13, 7, 34];
const labels = [0, 3, 4];
const clean = toyImages(sampleIds);
const [moves, pairs, delta] = [4, 3, 0.02];

const cases = [
  { attack: 'nes', norm: 'linf', epsilon: 8 / 255, move: nesMove },
  { attack: 'nes', norm: 'l2', epsilon: 0.5, move: nesMove },
  { attack: 'spsa', norm: 'linf', epsilon: 8 / 255, move: spsaMove },
] as const;

const signs = (uniform: Vector): Vector => uniform.map((value) => (value < 0.5 ? -1 : 1));

test.each(cases)('$attack makes the moves of its paper in $norm, look by look', async (given) => {
  const { attack, norm, epsilon, move } = given;
  const options = { steps: moves, pairs, delta, stepSize: epsilon / 3 };
  const setting = { attack, options, budget: { norm, epsilon }, sampleIds, labels, classes };
  const { stepper, bound } = await stepToy(engine, setting);
  const ball = { norm, epsilon, radius: bound.ball.radius };
  const directionOf = attack === 'spsa' ? signs : (normal: Vector) => normal;
  let state = await stepper.start();
  const walks = sampleIds.map((_, row) => {
    const x = imageAt({ clean }, 'clean', row);
    const none = x.map(() => 0);
    const memory: EstimateMemory = { x, mean: none, square: none, moves: 0 };
    return {
      x,
      memory,
      direction: directionOf(stepper.drawnAtStart(row)),
      losses: [] as number[],
      slopes: [] as Slope[],
    };
  });
  for (let step = 0; step < 2 * pairs * moves; step++) {
    state = await stepper.steps(state, step, 1);
    for (const [row, walk] of walks.entries()) {
      const way = step % 2 === 0 ? delta : -delta;
      const look = walk.memory.x.map((value, at) => Math.max(0, Math.min(1, value + way * (walk.direction[at] ?? 0))));
      const loss = numberAt(state, 'track.loss', row);
      expect(loss).toBeCloseTo(marginAt(weights, look, labels[row] ?? 0).loss, 4);
      // Differences of float32 numbers are compared as they are: the reference goes on from them.
      walk.losses.push(loss);
      if (step % 2 === 0) continue;
      const [forward = 0, backward = 0] = walk.losses.slice(-2);
      walk.slopes.push({ direction: walk.direction, forward, backward });
      walk.direction = directionOf(stepper.drawnAt(step, row));
      if (walk.slopes.length < pairs) continue;
      walk.memory = move(walk.memory, walk.slopes, { clean: walk.x, delta, stepSize: options.stepSize, ball });
      walk.slopes = [];
      const found = imageAt(state, 'attack.images', row);
      expect(Math.max(...found.map((value, at) => Math.abs(value - (walk.memory.x[at] ?? 0))))).toBeLessThan(1e-5);
    }
  }
  const last = await stepper.finish(state);
  for (const [row, { memory }] of walks.entries()) {
    expect(numberAt(last, 'loss', row)).toBeCloseTo(marginAt(weights, memory.x, labels[row] ?? 0).loss, 4);
  }
});
