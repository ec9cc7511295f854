import { forgetSurrogates, type Graph, simplify } from '@parallax/graph';
import type { Convolutions } from '../engine.ts';
import { batchStatistics } from './batch-statistics.ts';
import { cubicResize } from './cubic-resize.ts';
import { stableFunctions } from './stable-functions.ts';
import { stableNormalizations } from './stable-normalizations.ts';
import { stableSums } from './stable-sums.ts';
import { fastConvolutions } from './winograd/fast-convolutions.ts';

/**
 * The same computation in the form that onnxruntime computes right, and the same way for a sample in any batch
 * (docs/decisions/001); unless convolutions are to be direct, with fewer multiplications (docs/decisions/006).
 */
export function lower(graph: Graph, convolutions: Convolutions = 'direct'): Graph {
  const passes = [
    forgetSurrogates,
    simplify,
    batchStatistics,
    cubicResize,
    stableNormalizations,
    stableSums,
    stableFunctions,
  ];
  if (convolutions === 'tiled') passes.push(fastConvolutions);
  return simplify(passes.reduce((form, pass) => pass(form), graph));
}
