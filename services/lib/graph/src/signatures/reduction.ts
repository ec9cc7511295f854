import type { Value } from '../value.ts';
import type { Reduction, Softmax } from './shared.ts';

export interface ReductionsSignatures {
  readonly CumSum: {
    readonly inputs: readonly [x: Value, axis: Value];
    readonly attributes: { readonly exclusive: number; readonly reverse: number };
  };
  readonly ReduceL1: Reduction;
  readonly ReduceL2: Reduction;
  readonly ReduceLogSum: Reduction;
  readonly ReduceLogSumExp: Reduction;
  readonly ReduceMax: Reduction;
  readonly ReduceMean: Reduction;
  readonly ReduceMin: Reduction;
  readonly ReduceProd: Reduction;
  readonly ReduceSum: Reduction;
  readonly ReduceSumSquare: Reduction;
  readonly Hardmax: Softmax;
  readonly LogSoftmax: Softmax;
  readonly Softmax: Softmax;
}
