import {
  createGraph,
  differentiate,
  type Graph,
  input,
  type Node,
  operandsOf,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { compositeCases, gradientCases } from '../gradients/cases/table.ts';
import type { GradientCase } from '../gradients/gradient-case.ts';
import { sampledInput, sampledTensor, within } from '../gradients/samples.ts';
import type { Problem } from '../run-once.ts';
import type { ForwardCase } from './forward-cases.ts';

/** The operators whose gradients are checked by cases, native and written out, with these cases. */
export function differentiatedCases(): readonly (readonly [op: string, cases: readonly GradientCase[]])[] {
  const native = Object.entries(gradientCases).flatMap(([op, cases]) =>
    typeof cases === 'string' ? [] : [[op, cases] as const],
  );
  return [...native, ...Object.entries(compositeCases)];
}

/** A function and its gradients by all inputs, weighted at random, in float32. */
export function gradientProblem({ inputs, traced }: GradientCase): Problem {
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

/** An operator without gradient, and its inputs. */
export function forwardProblem({ inputs, traced }: ForwardCase): Problem {
  const values = inputs.map(({ dtype, dims }, index) => input(`x${index}`, dims, dtype));
  const outputs = Object.fromEntries(traced(...values).map((value, index) => [`y${index}`, value]));
  return {
    graph: createGraph(values, outputs),
    feeds: Object.fromEntries(inputs.map((tensor, index) => [`x${index}`, tensor])),
  };
}

/** The nodes of a graph in the order in which they are computed. */
export function nodesOf({ outputs }: Graph): readonly Node[] {
  return topologicalOrder(outputs.map(({ value }) => value));
}

/** Whether a graph has anything in float64, which an engine may lack. */
export function usesFloat64(graph: Graph): boolean {
  const isDouble = ({ dtype }: Value): boolean => dtype === 'float64';
  return (
    graph.inputs.some(isDouble) || nodesOf(graph).some((node) => [...operandsOf(node), ...node.outputs].some(isDouble))
  );
}
