import type { Reduction, Softmax } from './shared.ts';

export interface ReductionsSignatures {
  readonly ReduceL2: Reduction;
  readonly ReduceMax: Reduction;
  readonly ReduceMean: Reduction;
  readonly ReduceMin: Reduction;
  readonly ReduceSum: Reduction;
  readonly LogSoftmax: Softmax;
  readonly Softmax: Softmax;
}
