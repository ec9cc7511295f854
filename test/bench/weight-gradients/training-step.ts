import {
  add,
  batchNormalizationTraining,
  conv,
  createGraph,
  differentiate,
  fixedDim,
  type Graph,
  globalAveragePool,
  input,
  logSoftmax,
  matMul,
  mul,
  neg,
  oneHot,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  type Value,
} from '@parallax/graph';

/**
 * Loss and gradient of all parameters of a residual network of three stages (32, 64, 128 channels, one block each, stem
 * of stride 2) on images [batch, 3, 32, 32]: the training step of the smallest supervised encoder.
 */
export function trainingStep(batch: number): Graph {
  const images = input('images', [batch, 3, 32, 32]);
  const labels = input('labels', [batch], 'int64');
  const parameters: Value[] = [];
  const parameter = (shape: readonly number[]): Value => {
    const value = input(`parameter${parameters.length}`, shape);
    parameters.push(value);
    return value;
  };
  const normalized = (x: Value, outputs: number, kernel: number, stride: number): Value => {
    const pad = (kernel - 1) / 2;
    const weight = parameter([outputs, fixedDim(x.shape, 1), kernel, kernel]);
    const y = conv(x, weight, null, { strides: [stride, stride], pads: [pad, pad, pad, pad] });
    const [scale, bias] = [parameter([outputs]), parameter([outputs])];
    return batchNormalizationTraining(y, { scale, bias, mean: parameter([outputs]), variance: parameter([outputs]) }).y;
  };
  const block = (x: Value, outputs: number, stride: number): Value => {
    const main = normalized(relu(normalized(x, outputs, 3, stride)), outputs, 3, 1);
    return relu(add(main, stride === 1 ? x : normalized(x, outputs, 1, stride)));
  };
  const stem = relu(normalized(images, 32, 3, 2));
  const features = reshape(globalAveragePool(block(block(block(stem, 32, 1), 64, 2), 128, 2)), [-1, 128]);
  const logits = add(matMul(features, parameter([128, 10])), parameter([10]));
  const loss = neg(reduceMean(reduceSum(mul(logSoftmax(logits), oneHot(labels, 10)), [1]), undefined, false));
  // The running statistics are given but not used: they have no gradient.
  const trained = parameters.filter((_, index) => isTrained(index, parameters.length));
  const gradients = differentiate(loss, trained);
  return createGraph([images, labels, ...parameters], {
    loss,
    ...Object.fromEntries(gradients.map((gradient, index) => [`gradient${index}`, gradient])),
  });
}

/** Each normalised convolution declares weight, scale, bias, mean, variance; the head declares two at the end. */
function isTrained(index: number, count: number): boolean {
  return index >= count - 2 || index % 5 < 3;
}
