import {
  constant,
  createBody,
  createGraph,
  type Graph,
  operandsOf,
  substitute,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import type { Engine } from './engine.ts';

/**
 * The same graph with everything computed that does not depend on its inputs: weights taken out of a long vector,
 * normalisation folded into convolutions. The engine does the computing, so no other arithmetic is involved.
 */
export async function foldConstants(graph: Graph, engine: Engine): Promise<Graph> {
  const frontier = constantFrontier(graph);
  if (frontier.length === 0) return graph;
  const names = Object.fromEntries(frontier.map((value, index) => [`v${index}`, value]));
  const executable = await engine.compile(createGraph([], names));
  try {
    const results = await executable.run({});
    const replaced = new Map<Value, Value>();
    frontier.forEach((value, index) => {
      const tensor = results[`v${index}`];
      if (tensor !== undefined) replaced.set(value, constant(tensor));
    });
    const { outputs } = substitute(graph, replaced);
    return createBody(graph.inputs, outputs);
  } finally {
    await executable.close();
  }
}

/** Values computed from constants alone that something else, or the caller, uses. */
function constantFrontier({ outputs }: Graph): readonly Value[] {
  const results = outputs.map(({ value }) => value);
  const fixed = new Set<Value>();
  const isFixed = (value: Value): boolean => value.source.kind === 'constant' || fixed.has(value);
  const frontier = new Set<Value>();
  const use = (value: Value): void => {
    if (fixed.has(value)) frontier.add(value);
  };
  for (const node of topologicalOrder(results)) {
    const operands = operandsOf(node);
    if (operands.every(isFixed)) for (const value of node.outputs) fixed.add(value);
    else operands.forEach(use);
  }
  results.forEach(use);
  return [...frontier];
}
