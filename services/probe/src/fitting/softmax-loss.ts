import {
  add,
  cast,
  constant,
  div,
  exp,
  gather,
  gemm,
  input,
  integers,
  log,
  mul,
  oneHot,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  shapeOf,
  sub,
  transpose,
  unsqueeze,
  type Value,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';

// Several heads are fitted at once, because reading the features costs more than multiplying them. Heads come first and
// samples last, in weights [G, K, D] and logits [G, K, N] alike: sums over the K classes then run along contiguous rows.

/** How many heads stand side by side, and of how many classes each. */
export interface Heads {
  readonly count: number;
  readonly classes: number;
}

/** The graph inputs that describe the data: `design` [N, D] and `labels` [N]. */
export function dataInputs(width: number): { readonly design: Value; readonly labels: Value } {
  return { design: input('design', ['N', width]), labels: input('labels', ['N'], 'int64') };
}

/** Logits [G, K, N] from the design matrix [N, D] and the weights [G, K, D]. */
export function logitsOf(design: Value, weights: Value, { count, classes }: Heads): Value {
  const product = gemm(reshape(weights, [count * classes, -1]), design, { transB: true });
  return reshape(product, [count, classes, -1]);
}

/** Labels [N] → [1, K, N], 1 at the label. */
export function targetsOf(labels: Value, { classes }: Heads): Value {
  return unsqueeze(transpose(oneHot(labels, classes), [1, 0]), [0]);
}

/** Softmax over the classes: [G, K, N]. */
export function probabilities(logits: Value): Value {
  const { exponentials, sum } = stableExponentials(logits);
  return div(exponentials, sum);
}

/** Mean cross-entropy of each head, [G]. */
export function meanCrossEntropy(logits: Value, targets: Value): Value {
  const { greatest, sum } = stableExponentials(logits);
  const logPartition = add(log(sum), greatest);
  const perSample = sub(logPartition, reduceSum(mul(logits, targets), [1]));
  return reduceMean(perSample, [1, 2], false);
}

/** Gradient of the mean cross-entropy with respect to the weights, [G, K, D], from the softmax of the logits. */
export function crossEntropyGradient(design: Value, softmax: Value, targets: Value, heads: Heads): Value {
  const { count, classes } = heads;
  const residual = div(sub(softmax, targets), sampleCount(design));
  return reshape(gemm(reshape(residual, [count * classes, -1]), design), [count, classes, -1]);
}

/** 1 for the weights of features, 0 for the bias in the last column of a design: [1, 1, D]. */
export function penalized(width: number): Value {
  const mask = Float32Array.from({ length: width }, (_, column) => (column < width - 1 ? 1 : 0));
  return constant(float32([1, 1, width], mask));
}

function stableExponentials(logits: Value) {
  const greatest = reduceMax(logits, [1]);
  const exponentials = exp(sub(logits, greatest));
  return { greatest, exponentials, sum: reduceSum(exponentials, [1]) };
}

function sampleCount(design: Value): Value {
  return cast(gather(shapeOf(design), integers([0])), 'float32');
}
