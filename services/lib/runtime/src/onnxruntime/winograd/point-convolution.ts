import {
  add,
  fixedDim,
  matMul,
  type Node,
  pad,
  reshape,
  slice,
  toTheEnd,
  transpose,
  type Value,
} from '@parallax/graph';

/** A convolution of single places. */
export interface PointConvolution {
  /** [O, C, 1, 1], of a transposed convolution [C, O, 1, 1]. */
  readonly weight: Value;
  readonly bias: Value | null;
  readonly attributes: (Node<'Conv'> | Node<'ConvTranspose'>)['attributes'];
  /** What the operator gives: [N, O, H', W']. */
  readonly y: Value;
}

/** A 1×1 convolution as a matrix product: [H, W, N, C] → [H', W', N, O]; undefined when it is none. */
export function pointConvolution(x: Value, { weight, bias, attributes }: PointConvolution): Value | undefined {
  if (!isPoint(attributes)) return undefined;
  const [down = 1, across = 1] = attributes.strides;
  const strided = [down, across].map((step, axis) => ({ axis, start: 0, end: toTheEnd, step }));
  const picked = down === 1 && across === 1 ? x : slice(x, strided);
  const [outputs, channels] = [fixedDim(weight.shape, 0), fixedDim(weight.shape, 1)];
  return withBias(matMul(picked, transpose(reshape(weight, [outputs, channels]), [1, 0])), bias);
}

/** The transpose of a 1×1 convolution: places between the strides are 0. */
export function pointConvolutionTransposed(
  x: Value,
  { weight, bias, attributes, y }: PointConvolution,
): Value | undefined {
  if (!isPoint(attributes)) return undefined;
  const [down = 1, across = 1] = attributes.strides;
  const [channels, outputs] = [fixedDim(weight.shape, 0), fixedDim(weight.shape, 1)];
  const [height, width] = [fixedDim(x.shape, 0), fixedDim(x.shape, 1)];
  const [tall, wide] = [fixedDim(y.shape, 2), fixedDim(y.shape, 3)];
  if (tall !== height * down || wide !== width * across) return undefined;
  const products = matMul(x, reshape(weight, [channels, outputs]));
  const apart = pad(reshape(products, [height, 1, width, 1, -1]), [0, 0, 0, 0, 0, 0, down - 1, 0, across - 1, 0]);
  return withBias(reshape(apart, [tall, wide, -1, outputs]), bias);
}

function isPoint({ kernel_shape, group, pads }: PointConvolution['attributes']): boolean {
  return group === 1 && kernel_shape.join() === '1,1' && pads.every((amount) => amount === 0);
}

function withBias(y: Value, bias: Value | null): Value {
  return bias === null ? y : add(y, bias);
}
