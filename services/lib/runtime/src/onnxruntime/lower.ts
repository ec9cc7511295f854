import { type Graph, simplify } from '@parallax/graph';
import { batchStatistics } from './batch-statistics.ts';
import { stableFunctions } from './stable-functions.ts';
import { stableSums } from './stable-sums.ts';

/**
 * The same computation in the form that onnxruntime computes right, and the same way for a sample in any batch
 * (docs/decisions/001).
 */
export function lower(graph: Graph): Graph {
  return simplify([simplify, batchStatistics, stableSums, stableFunctions].reduce((form, pass) => pass(form), graph));
}
