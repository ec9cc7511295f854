import { fixedDim, logSoftmax, mul, neg, oneHot, reduceSum, type Value } from '@parallax/graph';

/** Softmax cross-entropy of each sample: logits [N, C], labels [N] int64 → [N]. */
export function crossEntropy(logits: Value, labels: Value): Value {
  const chosen = mul(logSoftmax(logits), oneHot(labels, fixedDim(logits.shape, 1)));
  return neg(reduceSum(chosen, [1], false));
}
