import { apply, type OpName, type Value } from '@parallax/graph';
import { createTensor, float32, int64, type Tensor } from '@parallax/tensor';

/** One use of an operator that has no gradient, whose outputs are compared. */
export interface ForwardCase {
  readonly op: OpName;
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly traced: (...inputs: Value[]) => readonly Value[];
}

const numbers = float32([2, 5], [-1.5, -0.5, 0, 0.5, 1.5, 2.5, -2.5, 3, 3, Number.NaN]);
const others = float32([5], [0.5, -0.5, 0, 3, -1.5]);
const quantized = float32([2, 4], [-1, -0.25, 0.25, 0.75, 3, 5, 500, -500]);
const matrix = createTensor('uint8', [2, 3], Uint8Array.of(0, 255, 7, 200, 1, 90));
const signed = createTensor('int8', [3, 2], Int8Array.of(-128, 127, 5, -1, 0, 64));
const odd = float32([4], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]);
const ties = float32([2, 4], [3, 1, 3, 2, -1, -1, -4, -1]);
const truths = createTensor('bool', [2, 2], Uint8Array.of(0, 1, 1, 0));
const row = createTensor('bool', [2], Uint8Array.of(1, 0));
const bytes = createTensor('uint8', [4], Uint8Array.of(1, 200, 255, 0));
const shifts = createTensor('uint8', [4], Uint8Array.of(3, 1, 4, 0));
const whole = int64([6], [7, -7, 7, -7, 0, 9]);
const divisors = int64([6], [3, 3, -3, -3, 5, -4]);

function plain(op: OpName, inputs: readonly Tensor[], attributes: object = {}, name = 'plain'): ForwardCase {
  return { op, name, inputs, traced: (...values) => apply(op, values as never, attributes) };
}

function unique(x: Tensor, attributes: object, name: string): ForwardCase {
  return { op: 'Unique', name, inputs: [x], traced: (value) => apply('Unique', [value as Value], attributes) };
}

const comparisons: readonly OpName[] = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

/** Operators without a gradient, and integer arithmetic: results that must be equal, not just near. */
export const forwardCases: readonly ForwardCase[] = [
  ...(['Ceil', 'Floor', 'Round', 'Sign'] as const).map((op) =>
    plain(op, [float32([6], [-1.5, -0.5, 0, 0.5, 1.5, 2.5])]),
  ),
  ...comparisons.map((op) => plain(op, [numbers, others])),
  ...comparisons.map((op) => plain(op, [whole, divisors], {}, 'of integers')),
  ...(['And', 'Or', 'Xor'] as const).map((op) => plain(op, [truths, row])),
  plain('parallax.WithGradientOf', [numbers, numbers]),
  plain('Not', [truths]),
  plain('IsNaN', [odd]),
  plain('IsInf', [odd]),
  plain('IsInf', [odd], { detect_negative: 0 }, 'positive only'),
  plain('Where', [truths, int64([2, 2], [1, 2, 3, 4]), int64([1], [0])], {}, 'of integers'),
  ...(['ArgMax', 'ArgMin'] as const).flatMap((op) => [
    plain(op, [ties], { axis: 1 }, 'the first of equal ones'),
    plain(op, [ties], { axis: -1, keepdims: 0, select_last_index: 1 }, 'the last of equal ones'),
    plain(op, [ties], { axis: 0 }, 'down the columns'),
  ]),
  plain('Hardmax', [ties]),
  plain('Hardmax', [ties], { axis: 0 }, 'down the columns'),
  plain('OneHot', [int64([3], [0, -1, 5]), int64([], [3]), float32([2], [-1, 2])]),
  plain('OneHot', [int64([2, 1], [2, 1]), int64([], [3]), int64([2], [0, 1])], { axis: 0 }, 'along the first axis'),
  plain('Shape', [numbers]),
  plain('NonZero', [float32([2, 3], [0, 1, 0, -2, 0, 3])]),
  plain('NonZero', [truths], {}, 'of truth values'),
  plain('Range', [float32([], [1]), float32([], [2.2]), float32([], [0.5])]),
  plain('Range', [int64([], [7]), int64([], [0]), int64([], [-3])], {}, 'downwards'),
  unique(ties, {}, 'elements'),
  unique(ties, { sorted: 0 }, 'elements in the order in which they come'),
  unique(float32([3, 2], [1, 2, 0, 5, 1, 2]), { axis: 0 }, 'rows'),
  unique(float32([2, 3], [1, 0, 1, 2, 5, 2]), { axis: -1 }, 'columns'),
  ...(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'] as const).map((op) => plain(op, [bytes, shifts])),
  plain('BitwiseNot', [bytes]),
  plain('BitShift', [bytes, shifts], { direction: 'LEFT' }, 'left'),
  plain('BitShift', [bytes, shifts], { direction: 'RIGHT' }, 'right'),
  plain('Mod', [whole, divisors], {}, 'with the sign of the divisor'),
  plain('Mod', [whole, divisors], { fmod: 1 }, 'with the sign of the dividend'),
  plain('Div', [whole, divisors], {}, 'of integers'),
  ...(['Add', 'Sub', 'Mul', 'Max', 'Min'] as const).map((op) => plain(op, [whole, divisors], {}, 'of integers')),
  plain('Add', [bytes, bytes], {}, 'of bytes, modulo 256'),
  plain('Cast', [float32([4], [-1.7, 0, 0.3, 2.9])], { to: 7 }, 'to int64'),
  plain('Cast', [float32([4], [-1.7, 0, 0.3, 2.9])], { to: 9 }, 'to bool'),
  plain('Cast', [truths], { to: 1 }, 'from bool'),
  plain('Gather', [numbers, int64([2], [-1, 0])], { axis: 1 }, 'from the end'),
  ...(
    [
      ['one scale', float32([], [0.5]), createTensor('uint8', [], Uint8Array.of(128)), {}],
      ['a scale a row', float32([2], [0.5, 2]), createTensor('int8', [2], Int8Array.of(0, -3)), { axis: 0 }],
    ] as const
  ).map(([name, scale, zero, attributes]) => plain('QuantizeLinear', [quantized, scale, zero], attributes, name)),
  plain(
    'MatMulInteger',
    [matrix, signed, createTensor('uint8', [], Uint8Array.of(3)), createTensor('int8', [], Int8Array.of(0))],
    {},
    'one zero point',
  ),
  plain(
    'MatMulInteger',
    [matrix, signed, createTensor('uint8', [], Uint8Array.of(3)), createTensor('int8', [2], Int8Array.of(-5, 7))],
    {},
    'a zero point a column',
  ),
  ...(['ReduceMax', 'ReduceSum'] as const).map(
    (op): ForwardCase => ({ op, name: 'of integers', inputs: [whole], traced: (x) => apply(op, [x as Value, null]) }),
  ),
];
