import { createGraph, type Graph, input, logSoftmax, mul, neg, oneHot, reduceSum } from '@parallax/graph';

/** Inputs `logits` [N, K] and `labels` [N]; output `loss` [N], the cross-entropy of each sample. */
export function crossEntropyGraph(classes: number): Graph {
  const logits = input('logits', ['N', classes]);
  const labels = input('labels', ['N'], 'int64');
  const loss = neg(reduceSum(mul(logSoftmax(logits), oneHot(labels, classes)), [1], false));
  return createGraph([logits, labels], { loss });
}
