import { createObjective, fillDraws, fillStepDraws } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { int64, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBall } from '../budget.ts';
import { compileNear, type NearExecutable } from '../near/compile.ts';
import { placeNear } from '../near/place.ts';
import { findAttack } from '../registry.ts';
import { marginAt, type Vector } from '../testing/reference.ts';
import { imageAt, numberAt, type StepState } from '../testing/step-toy.ts';
import { toyDims, toyImages, toyPerceptron, toyPixels, toyWeights } from '../testing/toy-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [3, 8, 21];
const labels = [0, 4, 2];
const classes = 5;
const queries = 12;
const pInit = 0.8;
const seed = 1;
const clean = toyImages(sampleIds);
const [channels, height, width] = toyDims;
const ball = createBall({ norm: 'linf', epsilon: 8 / 255 }, toyDims);

/** Of 10 000 queries; the public schedule, written down a second time. */
const halvedAfter = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

function sideAt(query: number): number {
  const scaled = Math.trunc((query * 10_000) / queries);
  let share = pInit;
  for (const after of halvedAfter) if (scaled > after) share /= 2;
  return Math.min(Math.max(Math.round(Math.sqrt(share * height * width)), 1), height, width);
}

/** Algorithm 2 of Andriushchenko et al. 2020 for one image: the window goes to one end of the ball, channel by channel. */
function proposal(best: Vector, start: Vector, side: number, drawn: Vector): Vector {
  const top = Math.floor((drawn[0] ?? 0) * (height + 1 - side));
  const left = Math.floor((drawn[1] ?? 0) * (width + 1 - side));
  const next = [...best];
  for (let channel = 0; channel < channels; channel++) {
    const sign = (drawn[2 + channel] ?? 0) < 0.5 ? -1 : 1;
    for (let row = top; row < top + side; row++) {
      for (let column = left; column < left + side; column++) {
        const at = (channel * height + row) * width + column;
        next[at] = Math.max(0, Math.min(1, (start[at] ?? 0) + sign * ball.radius));
      }
    }
  }
  return next;
}

function stripes(start: Vector, drawn: Vector): Vector {
  return start.map((value, at) => {
    const channel = Math.floor(at / (height * width));
    const sign = (drawn[channel * width + (at % width)] ?? 0) < 0.5 ? -1 : 1;
    return Math.max(0, Math.min(1, value + sign * ball.radius));
  });
}

function rowOf(tensor: Tensor, row: number, length: number): Vector {
  return toNumbers(tensor).slice(row * length, (row + 1) * length);
}

async function place(): Promise<NearExecutable> {
  const definition = findAttack('square');
  const bound = definition.bind({ queries, pInit }, ball);
  const program = placeNear(bound, createObjective(definition.objective), toyPerceptron(classes), {
    selection: 'transfer',
  });
  return compileNear(program, engine);
}

function run(stage: NearExecutable['start'], offered: StepState): Promise<StepState> {
  const all: StepState = { ...offered, clean, labels: int64([labels.length], labels) };
  const feeds = Object.fromEntries(stage.inputs.map((name) => [name, all[name] as Tensor]));
  return stage.run(feeds);
}

function renamed(state: StepState): StepState {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name.replace('next.', 'state.'), tensor]));
}

test('Square makes the moves of the reference, state by state', async () => {
  const near = await place();
  const { program } = near;
  const startDraws = fillDraws(program.start.draws, { seed, sampleIds });
  const [stripeDraw] = Object.values(startDraws);
  let state = renamed(await run(near.start, startDraws));
  const memories = sampleIds.map((_, row) => {
    const start = rowOf(clean, row, toyPixels);
    const first = stripes(start, rowOf(stripeDraw as Tensor, row, channels * width));
    return { start, best: first, bestLoss: Number.NEGATIVE_INFINITY, candidate: first };
  });
  const accepted = new Set<boolean>();
  for (let query = 0; query < queries; query++) {
    const draws = fillStepDraws(program.step.attackDraws, { seed, sampleIds, restart: 0, step: query }, 1, 1);
    const [windowDraw] = Object.values(draws);
    const moment = { first: int64([], [query]), count: int64([], [1]) };
    state = renamed(await run(near.step, { ...state, ...draws, ...moment }));
    for (const [row, memory] of memories.entries()) {
      const { loss } = marginAt(toyWeights(classes), memory.candidate, labels[row] ?? 0);
      const isBetter = loss > memory.bestLoss;
      accepted.add(isBetter);
      if (isBetter) Object.assign(memory, { best: memory.candidate, bestLoss: loss });
      memory.candidate = proposal(
        memory.best,
        memory.start,
        sideAt(query),
        rowOf(windowDraw as Tensor, row, 2 + channels),
      );
      expect(numberAt(state, 'state.attack.bestLoss', row)).toBeCloseTo(memory.bestLoss, 4);
      for (const name of ['best', 'candidate'] as const) {
        const image = imageAt(state, `state.attack.${name}`, row);
        image.forEach((pixel, at) => {
          expect(Math.abs(pixel - (memory[name][at] ?? 0))).toBeLessThan(1e-6);
        });
      }
    }
  }
  expect([...accepted].sort()).toEqual([false, true]);
  await near.close();
});
