import { createObjective } from '@parallax/objectives';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { createTensor, float32, zeros } from '@parallax/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBall } from '../budget.ts';
import { findAttack } from '../registry.ts';
import { compileFar } from './compile.ts';
import type { Observer } from './observer.ts';
import { placeFar } from './place.ts';
import type { FarSource } from './program.ts';
import { runFar } from './run.ts';

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const dims = [1, 1, 2] as const;
const classes = 3;
const draws = 5;
const noisy: FarSource = {
  objective: createObjective({ kind: 'crossEntropy' }),
  weight: 1,
  classes,
  stochastic: true,
  cost: { forward: 1, backward: 1 },
};

/** A head that is right about the black clean image, and about others but in these verdict draws. */
function headWrongIn(wrong: readonly number[]): Observer {
  return {
    look: async ({ samples, images, purpose, firstDraw, gradient }) => {
      const count = samples.length;
      const isClean = images.data.every((pixel) => Number(pixel) === 0);
      const isWrong = !isClean && (purpose !== 'verdict' || wrong.includes(firstDraw));
      const logits = float32([count, classes], Float32Array.from({ length: count * classes }).fill(0));
      for (let row = 0; row < count; row++) logits.data[row * classes + (isWrong ? 1 : 0)] = 1;
      const uphill = createTensor('float32', [count, ...dims], new Float32Array(count * 2).fill(1));
      return { loss: zeros('float32', [count]), logits, ...(gradient ? { gradient: uphill } : {}) };
    },
  };
}

async function attacked(heads: readonly Observer[]) {
  const ball = createBall({ norm: 'linf', epsilon: 0.1 }, dims);
  const bound = findAttack('pgd').bind({ steps: 2, randomStart: false }, ball);
  const options = { selection: 'verdict', gradientDraws: 1 } as const;
  const far = await compileFar(
    placeFar(
      bound,
      heads.map(() => noisy),
      options,
    ),
    engine,
  );
  const batch = { images: zeros('float32', [2, ...dims]), sampleIds: [1, 2], labels: [0, 0] };
  const { outcomes } = await runFar([{ far, observers: heads, condition: 'always' }], batch, {
    seed: 1,
    verdictDraws: draws,
  });
  await far.close();
  return outcomes;
}

test('a sample is broken when every head is wrong in most of its draws, though not in the same', async () => {
  const outcomes = await attacked([headWrongIn([0, 1, 2]), headWrongIn([2, 3, 4])]);
  for (const { brokenBy, brokenAtStep, prediction } of outcomes) {
    expect([brokenBy, prediction]).toEqual(['pgd', 1]);
    expect(brokenAtStep).toBe(1);
  }
});

test('and not when one is right in most of its draws', async () => {
  for (const { attacked: isAttacked, brokenBy, prediction } of await attacked([
    headWrongIn([0, 1, 2, 3, 4]),
    headWrongIn([3, 4]),
  ])) {
    expect([isAttacked, brokenBy, prediction]).toEqual([true, '', 0]);
  }
});
