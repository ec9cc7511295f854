import {
  abs,
  apply,
  applyNamed,
  cast,
  clip,
  concat,
  constant,
  differentiate,
  integers,
  maximum,
  maxPool,
  minimum,
  mul,
  pow,
  reduceL2,
  reduceMax,
  reduceMin,
  reduceProd,
  relu,
  reshape,
  round,
  scalarConstant,
  scatterElements,
  sub,
  topK,
  transpose,
  type Value,
  vector,
  withGradientOf,
} from '@parallax/graph';
import { createTensor, float32 } from '@parallax/tensor';

/** A point where the derivative jumps or is a matter of choice, and the gradient that is chosen there. */
export interface Convention {
  readonly name: string;
  /** Values of one vector input. */
  readonly at: readonly number[];
  readonly traced: (x: Value) => Value;
  readonly gradient: readonly number[];
}

const tiny = 1.2e-38;

/** PyTorch's choices, unless a case says otherwise. */
export const conventions: readonly Convention[] = [
  {
    name: 'of equal entries of a pooling window the first is chosen',
    at: [1, 2, 2, 0, 2, 2, 1, 1, 1],
    traced: (x) => maxPool(reshape(x, [1, 1, 3, 3]), [2, 2]),
    gradient: [0, 2, 0, 0, 2, 0, 0, 0, 0],
  },
  {
    name: 'the padding of a pooling window is never chosen',
    at: [-3, -3],
    traced: (x) => maxPool(reshape(x, [1, 1, 2]), [2], { pads: [1, 1] }),
    gradient: [2, 1],
  },
  {
    name: 'an Lp pooling is flat where all is 0',
    at: [0, 0, 3, -4],
    traced: (x) =>
      applyNamed('LpPool', { inputs: [reshape(x, [1, 1, 4])], outputs: 1 }, { kernel_shape: [2], strides: [2] })[0] ??
      x,
    gradient: [0, 0, 0.6, -0.8],
  },
  {
    name: 'a place at the border of an image has no gradient',
    at: [-1, 0, 1],
    traced: (x) => {
      const image = reshape(vector([1, 5, 2]), [1, 1, 1, 3]);
      const grid = reshape(concat([reshape(x, [3, 1]), reshape(vector([0, 0, 0]), [3, 1])], 1), [1, 1, 3, 2]);
      const attributes = { align_corners: 1, padding_mode: 'border' };
      return applyNamed('GridSample', { inputs: [image, grid], outputs: 1 }, attributes)[0] ?? x;
    },
    gradient: [0, -3, 0],
  },
  {
    name: 'equal largest entries of a scatter share',
    at: [2, 2, 1],
    traced: (x) => scatterElements(x, integers([0, 0]), vector([2, 1]), 0, 'max'),
    gradient: [0.5, 1, 1],
  },
  { name: 'relu is flat at 0 and below', at: [-1, -0, 0, 1], traced: relu, gradient: [0, 0, 0, 1] },
  { name: 'relu of the smallest normal number counts', at: [tiny, 3e38, -tiny], traced: relu, gradient: [1, 1, 0] },
  { name: 'the absolute value is flat at 0', at: [-2, 0, 3], traced: abs, gradient: [-1, 0, 1] },
  {
    name: 'clip passes at its ends',
    at: [-1.5, -1, 0, 1, 1.5],
    traced: (x) => clip(x, -1, 1),
    gradient: [0, 1, 1, 1, 0],
  },
  { name: 'equal operands of a maximum share', at: [0, 1, 2], traced: (x) => maximum(x, 1), gradient: [0, 0.5, 1] },
  { name: 'equal operands of a minimum share', at: [0, 1, 2], traced: (x) => minimum(x, 1), gradient: [1, 0.5, 0] },
  { name: 'a maximum with itself', at: [2], traced: (x) => maximum(x, x), gradient: [1] },
  {
    name: 'equal largest entries share',
    at: [3, 1, 3, 3],
    traced: (x) => reduceMax(x),
    gradient: [1 / 3, 0, 1 / 3, 1 / 3],
  },
  { name: 'equal smallest entries share', at: [3, 1, 1], traced: (x) => reduceMin(x), gradient: [0, 0.5, 0.5] },
  {
    name: 'the first of equal entries is among the largest',
    at: [3, 1, 3],
    traced: (x) => topK(x, 1).values,
    gradient: [1, 0, 0],
  },
  { name: 'a length is flat at the origin', at: [0, 0], traced: (x) => reduceL2(x), gradient: [0, 0] },
  { name: 'a length along one axis', at: [3, 0, -4], traced: (x) => reduceL2(x), gradient: [0.6, 0, -0.8] },
  {
    name: 'a sum of absolute values is flat at 0',
    at: [-2, 0, 3],
    traced: (x) => apply('ReduceL1', [x, null])[0],
    gradient: [-1, 0, 1],
  },
  { name: 'a product with a 0', at: [0, 2, 3], traced: (x) => reduceProd(x), gradient: [6, 0, 0] },
  { name: 'a product with two 0', at: [0, 0, 3], traced: (x) => reduceProd(x), gradient: [0, 0, 0] },
  {
    name: 'a direction has no gradient at the origin',
    at: [0, 0],
    traced: (x) => mul(apply('LpNormalization', [x], { axis: 0 })[0], vector([1, 2])),
    gradient: [0, 0],
  },
  { name: 'a square is flat at 0', at: [0, -3], traced: (x) => pow(x, 2), gradient: [0, -6] },
  {
    name: 'an exponent of a base that is not positive has none',
    at: [2],
    traced: (x) => pow(sub(0, 1), x),
    gradient: [0],
  },
  {
    name: 'a value with the gradient of another is not differentiated itself',
    at: [0.4, 0.5, 2.6],
    traced: (x) => withGradientOf(round(x), mul(x, x)),
    gradient: [0.8, 1, 5.2],
  },
  {
    name: 'the gradient of another goes on into what comes after',
    at: [0.4, 2.6],
    traced: (x) => pow(withGradientOf(round(x), x), 2),
    gradient: [0, 6],
  },
  {
    name: 'the gradient of the gradient is that of the other too',
    at: [0.5, 2],
    traced: (x) => slope(withGradientOf(round(x), pow(x, 3)), x),
    gradient: [3, 12],
  },
  { name: 'rounding is constant', at: [0.4, 0.5, 0.6], traced: (x) => sub(mul(x, 2), round(x)), gradient: [2, 2, 2] },
  {
    name: 'a hard sigmoid is flat at the ends of its ramp',
    at: [-1, 0, 0.5, 1, 2],
    traced: (x) => apply('HardSigmoid', [x], { alpha: 1, beta: 0 })[0],
    gradient: [0, 0, 1, 0, 0],
  },
  {
    name: 'a hard swish is flat up to -3 and straight from 3',
    at: [-3, 0, 3],
    traced: (x) => apply('HardSwish', [x])[0],
    gradient: [0, 0.5, 1],
  },
  {
    name: 'a leaky relu leaks at 0',
    at: [-1, 0, 1],
    traced: (x) => apply('LeakyRelu', [x], { alpha: 0.25 })[0],
    gradient: [0.25, 0.25, 1],
  },
  {
    name: 'an elu decays at 0',
    at: [0, 1],
    traced: (x) => apply('Elu', [x], { alpha: 0.5 })[0],
    gradient: [0.5, 1],
  },
  { name: 'a celu is smooth at 0', at: [0, 1], traced: (x) => apply('Celu', [x], { alpha: 0.5 })[0], gradient: [1, 1] },
  {
    name: 'a selu decays at 0',
    at: [0, 1],
    traced: (x) => apply('Selu', [x], { alpha: 2, gamma: 3 })[0],
    gradient: [6, 3],
  },
  {
    name: 'far above 0 the decaying side does not overflow',
    at: [1e4],
    traced: (x) => slope(apply('Elu', [x])[0], x),
    gradient: [0],
  },
  {
    name: 'a parametric relu takes its slope at 0',
    at: [-1, 0, 1],
    traced: (x) => apply('PRelu', [x, scalarConstant(0.25)])[0],
    gradient: [0.25, 0.25, 1],
  },
  {
    name: 'a thresholded relu is flat at its threshold',
    at: [0.5, 1, 2],
    traced: (x) => apply('ThresholdedRelu', [x])[0],
    gradient: [0, 0, 1],
  },
  {
    name: 'a shrinkage is flat at its ends',
    at: [-1, -0.5, 0, 0.5, 1],
    traced: (x) => apply('Shrink', [x])[0],
    gradient: [1, 0, 0, 0, 1],
  },
  {
    name: 'equal operands of a maximum of three share evenly',
    at: [0, 1, 2],
    traced: (x) => apply('Max', [x, scalarConstant(1), scalarConstant(1)])[0],
    gradient: [0, 0.3333333432674408, 1],
  },
  {
    name: 'a remainder follows its dividend through the jumps',
    at: [-4, 3, 4],
    traced: (x) => apply('Mod', [x, scalarConstant(2)], { fmod: 1 })[0],
    gradient: [1, 1, 1],
  },
  {
    name: 'a remainder loses the whole quotient times its divisor',
    at: [2, 2, -2],
    traced: (x) => apply('Mod', [vector([4, -5, 5]), x], { fmod: 1 })[0],
    gradient: [-2, 2, 2],
  },
  {
    name: 'what is not a number has no gradient through clip',
    at: [Number.NaN],
    traced: (x) => clip(x, 0, 1),
    gradient: [0],
  },
  {
    name: 'quantisation passes what can be represented, rounded, and nothing beyond',
    at: [-65, -64.25, -1, 0, 0.1, 63.6, 63.75, 64],
    traced: (x) => quantizedAndBack(x, scalarConstant(0.5), scalarConstant(0, 'int8')),
    gradient: [0, 1, 1, 1, 1, 1, 0, 0],
  },
  {
    name: 'quantisation with a zero point of 128 passes both signs',
    at: [-129, -128, 127, 128],
    traced: (x) => quantizedAndBack(x, scalarConstant(1), scalarConstant(128, 'uint8')),
    gradient: [0, 1, 1, 0],
  },
  {
    name: 'a gradient passes where quantised numbers are arranged',
    at: [1, 200, 3, 4],
    traced: (x) => {
      const [scale, zero] = [scalarConstant(1), scalarConstant(0, 'int8')];
      const [quantized] = apply('QuantizeLinear', [x, scale, zero]);
      const arranged = transpose(reshape(quantized, [2, 2]), [1, 0]);
      return mul(apply('DequantizeLinear', [arranged, scale, zero])[0], constant(float32([2, 2], [1, 2, 3, 4])));
    },
    gradient: [1, 0, 2, 4],
  },
  {
    name: 'a gradient goes straight through a product of quantised matrices',
    at: [1, 200],
    traced: (x) => {
      const [one, zero] = [scalarConstant(1), scalarConstant(0, 'int8')];
      const [a] = apply('QuantizeLinear', [reshape(x, [1, 2]), one, zero]);
      const b = constant(createTensor('int8', [2, 2], Int8Array.of(-3, 0, 1, 0)));
      const [y = x] = applyNamed('QLinearMatMul', { inputs: [a, one, zero, b, one, zero, one, zero], outputs: 1 }, {});
      return apply('DequantizeLinear', [y, one, zero])[0];
    },
    gradient: [-3, 0],
  },
  {
    name: 'a gradient goes straight through a product of whole numbers',
    at: [3, 200, 5, -6],
    traced: (x) => {
      const [quantized] = apply('QuantizeLinear', [reshape(x, [2, 2]), scalarConstant(1), scalarConstant(0, 'int8')]);
      const b = constant(createTensor('int8', [2, 2], Int8Array.of(-3, 0, 1, 3)));
      const zeroPoints = constant(createTensor('int8', [2], Int8Array.of(1, 2)));
      return cast(apply('MatMulInteger', [quantized, b, scalarConstant(7, 'int8'), zeroPoints])[0], 'float32');
    },
    gradient: [-6, 0, -6, 1],
  },
  {
    name: 'a scale learns the rounding error inside its range and the bound outside',
    at: [0.5],
    traced: (scale) =>
      quantizedAndBack(vector([1.125, 100, -100]), scale, constant(createTensor('int8', [1], Int8Array.of(0)))),
    gradient: [-0.25 + 127 - 128],
  },
];

function slope(y: Value, x: Value): Value {
  const [found] = differentiate(y, [x]);
  if (found === undefined) throw new Error('expected a gradient');
  return found;
}

function quantizedAndBack(x: Value, scale: Value, zeroPoint: Value): Value {
  const [quantized] = apply('QuantizeLinear', [x, scale, zeroPoint]);
  return apply('DequantizeLinear', [quantized, scale, zeroPoint])[0];
}
