import type { Graph } from './graph.ts';
import { rewrite } from './rewrite.ts';

/** The same graph with every value as it is: what is there for gradients that nobody can ask for any more goes. */
export function forgetSurrogates(graph: Graph): Graph {
  return rewrite(graph, ({ op, inputs: [value] }) => (op === 'parallax.WithGradientOf' && value ? [value] : undefined));
}
