import { createGraph, input, operators } from '@parallax/graph';
import { normalBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denoiser, residualNetwork, visionTransformer } from '../batch-invariance/models.ts';
import { type Engine, type Results, RuntimeError } from '../engine.ts';
import { largestError } from '../errors-seen/errors-seen.ts';
import { type Problem, runOnce } from '../run-once.ts';
import { compareTensors, flippedSigns } from './compare.ts';
import { forwardCases } from './forward-cases.ts';
import { differentiatedCases, forwardProblem, gradientProblem, nodesOf, usesFloat64 } from './problems.ts';

/** Largest L2 distance between two engines, relative to the size of the result, in float32. */
const tolerance = 1e-4;
/** The same for networks in which a unit stands on the other side of a kink. */
const flippedTolerance = 0.05;
/** Units of a network that may stand on the other side of a kink, of all its units. */
const mostFlips = 1e-4;

/**
 * Two engines on the same graphs and feeds: outputs and gradients of every gradient case in float32, and operators
 * without gradients. `createEngine` makes an engine without float64.
 */
export function describeDifferential(createEngine: () => Engine, createReference: () => Engine): void {
  describe('differential', () => {
    let engine: Engine;
    let reference: Engine;
    const compared = new Set<string>();
    beforeAll(() => {
      engine = createEngine();
      reference = createReference();
    });
    afterAll(() => Promise.all([engine.close(), reference.close()]));

    async function both(problem: Problem): Promise<readonly [Results, Results]> {
      for (const { op } of nodesOf(problem.graph)) compared.add(op);
      return [await runOnce(engine, problem), await runOnce(reference, problem)];
    }

    describe.each(differentiatedCases())('%s', (op, cases) => {
      it.each(cases)('$name', async (each) => {
        const problem = gradientProblem(each);
        if (usesFloat64(problem.graph)) {
          await expect(engine.compile(problem.graph)).rejects.toThrow(RuntimeError);
          return;
        }
        const [got, expected] = await both(problem);
        const most = Math.min(tolerance, largestError(op, 'engines'));
        for (const { name } of problem.graph.outputs) expectNear(name, got[name], expected[name], 1, most);
      });
    });

    it.each(forwardCases)('$op, $name', async (each) => {
      const problem = forwardProblem(each);
      const [got, expected] = await both(problem);
      for (const { name } of problem.graph.outputs) expectEqual(got[name], expected[name]);
    });

    it('has compared every operator that the engine computes', () => {
      const missing = Object.keys(operators).filter((op) => op !== 'Loop' && !compared.has(op));
      expect(missing).toEqual([]);
    });
  });
}

/** Two engines on the loss and gradient of whole models, sample by sample. */
export function describeModels(createEngine: () => Engine, createReference: () => Engine): void {
  describe('models', () => {
    let engine: Engine;
    let reference: Engine;
    beforeAll(() => {
      engine = createEngine();
      reference = createReference();
    });
    afterAll(() => Promise.all([engine.close(), reference.close()]));

    it.each(Object.entries({ residualNetwork, visionTransformer, denoiser }))('%s', async (name, network) => {
      const x = input('x', ['N', 3, 16, 16]);
      const y = network(x);
      const kinks = nodesOf(createGraph([x], { y })).flatMap(({ op, inputs: [before] }) =>
        op === 'Relu' && before ? [before] : [],
      );
      const outputs = { y, ...Object.fromEntries(kinks.map((value, index) => [`kink${index}`, value])) };
      const feeds = { x: normalBatch({ seed: 2, purpose: name }, [0, 1, 2, 3], [3, 16, 16]) };
      const graph = createGraph([x], outputs);
      const [got, expected] = [await runOnce(engine, { graph, feeds }), await runOnce(reference, { graph, feeds })];
      const flips = kinks.map((_, index) => flippedSigns(got[`kink${index}`], expected[`kink${index}`]));
      const flipped = flips.reduce((sum, each) => sum + each.flipped, 0);
      const units = flips.reduce((sum, each) => sum + each.units, 0);
      // A unit on the other side of its kink changes the gradient of its sample by more than rounding does.
      expect(flipped).toBeLessThanOrEqual(mostFlips * units);
      expectNear('loss and gradient', got['y'], expected['y'], 4, flipped === 0 ? tolerance : flippedTolerance);
    });
  });
}

/** Equal numbers; 0 and -0 are equal. */
function expectEqual(got: Tensor | undefined, expected: Tensor | undefined): void {
  const plain = (tensor: Tensor | undefined) =>
    tensor && { ...tensor, data: Array.from(tensor.data as ArrayLike<number | bigint>, (value) => Number(value) + 0) };
  expect(plain(got)).toEqual(plain(expected));
}

function expectNear(
  name: string,
  got: Tensor | undefined,
  expected: Tensor | undefined,
  rows: number,
  most: number,
): void {
  if (got === undefined || expected === undefined) throw new Error(`${name}: expected a result of both engines`);
  expect(got.dims, name).toEqual(expected.dims);
  const { relative, notFinite } = compareTensors(got, expected, rows);
  expect(relative, `${name}: [${got.data}] against [${expected.data}]`.slice(0, 400)).toBeLessThan(most);
  expect(notFinite, name).toBe(0);
}
