import {
  createGraph,
  differentiate,
  type Graph,
  input,
  operandsOf,
  operators,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { normalBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denoiser, residualNetwork, visionTransformer } from '../batch-invariance/models.ts';
import { type Engine, type Feeds, type Results, RuntimeError } from '../engine.ts';
import { compositeCases, gradientCases } from '../gradients/cases/table.ts';
import type { GradientCase } from '../gradients/gradient-case.ts';
import { sampledInput, sampledTensor, within } from '../gradients/samples.ts';
import { compareTensors, flippedSigns } from './compare.ts';
import { forwardCases } from './forward-cases.ts';

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

    async function both(graph: Graph, feeds: Feeds): Promise<readonly [Results, Results]> {
      for (const { op } of nodesOf(graph)) compared.add(op);
      return [await runOnce(engine, graph, feeds), await runOnce(reference, graph, feeds)];
    }

    describe.each(differentiatedCases())('%s', (_, cases) => {
      it.each(cases)('$name', async (each) => {
        const { graph, feeds } = gradientProblem(each);
        if (usesFloat64(graph)) {
          await expect(engine.compile(graph)).rejects.toThrow(RuntimeError);
          return;
        }
        const [got, expected] = await both(graph, feeds);
        for (const { name } of graph.outputs) expectNear(name, got[name], expected[name]);
      });
    });

    it.each(forwardCases)('$op, $name', async ({ inputs, traced }) => {
      const values = inputs.map(({ dtype, dims }, index) => input(`x${index}`, dims, dtype));
      const outputs = Object.fromEntries(traced(...values).map((value, index) => [`y${index}`, value]));
      const feeds = Object.fromEntries(inputs.map((tensor, index) => [`x${index}`, tensor]));
      const [got, expected] = await both(createGraph(values, outputs), feeds);
      for (const name of Object.keys(outputs)) expectEqual(got[name], expected[name]);
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
      const [got, expected] = [await runOnce(engine, graph, feeds), await runOnce(reference, graph, feeds)];
      const flips = kinks.map((_, index) => flippedSigns(got[`kink${index}`], expected[`kink${index}`]));
      const flipped = flips.reduce((sum, each) => sum + each.flipped, 0);
      const units = flips.reduce((sum, each) => sum + each.units, 0);
      // A unit on the other side of its kink changes the gradient of its sample by more than rounding does.
      expect(flipped).toBeLessThanOrEqual(mostFlips * units);
      expectNear('loss and gradient', got['y'], expected['y'], 4, flipped === 0 ? tolerance : flippedTolerance);
    });
  });
}

function differentiatedCases(): readonly (readonly [op: string, cases: readonly GradientCase[]])[] {
  const native = Object.entries(gradientCases).flatMap(([op, cases]) =>
    typeof cases === 'string' ? [] : [[op, cases] as const],
  );
  return [...native, ...Object.entries(compositeCases)];
}

/** A function and its gradients by all inputs, weighted at random, in float32. */
function gradientProblem({ inputs, traced }: GradientCase): { readonly graph: Graph; readonly feeds: Feeds } {
  const values = inputs.map((sample, index) => sampledInput(sample, `x${index}`, 'float32'));
  const output = traced(...values);
  const weighting = within(output.shape);
  const weights = input('weights', output.shape, output.dtype);
  const gradients = differentiate(output, values, weights).map((value, index) => [`gradient${index}`, value] as const);
  const graph = createGraph([...values, weights], { y: output, ...Object.fromEntries(gradients) });
  const fed = inputs.map((sample, index) => [`x${index}`, sampledTensor(sample, `x${index}`, 'float32')] as const);
  const weightsFed = sampledTensor(weighting, 'weights', 'float32');
  return { graph, feeds: { ...Object.fromEntries(fed), weights: weightsFed } };
}

function nodesOf({ outputs }: Graph) {
  return topologicalOrder(outputs.map(({ value }) => value));
}

function usesFloat64(graph: Graph): boolean {
  const isDouble = ({ dtype }: Value): boolean => dtype === 'float64';
  return (
    graph.inputs.some(isDouble) || nodesOf(graph).some((node) => [...operandsOf(node), ...node.outputs].some(isDouble))
  );
}

async function runOnce(engine: Engine, graph: Graph, feeds: Feeds): Promise<Results> {
  const executable = await engine.compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.close();
  }
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
  rows = 1,
  most = tolerance,
): void {
  if (got === undefined || expected === undefined) throw new Error(`${name}: expected a result of both engines`);
  expect(got.dims, name).toEqual(expected.dims);
  const { relative, notFinite } = compareTensors(got, expected, rows);
  expect(relative, `${name}: [${got.data}] against [${expected.data}]`.slice(0, 400)).toBeLessThan(most);
  expect(notFinite, name).toBe(0);
}
