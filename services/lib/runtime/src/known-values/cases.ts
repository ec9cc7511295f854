import {
  apply,
  argMax,
  cast,
  clip,
  constant,
  equal,
  integers,
  maximum,
  minimum,
  relu,
  reshape,
  scalarConstant,
  type Value,
} from '@parallax/graph';
import { createTensor } from '@parallax/tensor';

/** What an operator gives for known numbers: a vector in, a vector out. */
export interface KnownValues {
  readonly name: string;
  readonly at: readonly number[];
  readonly traced: (x: Value) => Value;
  readonly values: readonly number[];
}

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

/** More numbers than are computed at a time, and some that are left over: every place goes its own way. */
function everywhere(value: number): readonly number[] {
  return Array.from({ length: 37 }, () => value);
}

function bytes(x: Value): Value {
  return cast(x, 'uint8');
}

function truth(x: Value): Value {
  return equal(x, 1);
}

function remainder(fmod: number): (x: Value) => Value {
  return (x) => {
    const divisor = constant(createTensor('int32', [4], Int32Array.of(3, 3, -3, -3)));
    return apply('Mod', [cast(x, 'int32'), divisor], { fmod })[0];
  };
}

/** Operators without a gradient, and choices that the specification leaves to the runtime. */
export const knownValues: readonly KnownValues[] = [
  {
    name: 'clip keeps what is not a number',
    at: everywhere(nan),
    traced: (x) => clip(x, -1, 1),
    values: everywhere(nan),
  },
  {
    name: 'clip from below keeps what is not a number',
    at: everywhere(nan),
    traced: (x) => clip(x, -1, null),
    values: everywhere(nan),
  },
  { name: 'relu keeps what is not a number', at: everywhere(nan), traced: relu, values: everywhere(nan) },
  {
    name: 'a maximum keeps what is not a number',
    at: everywhere(nan),
    traced: (x) => maximum(x, 0),
    values: everywhere(nan),
  },
  {
    name: 'a minimum keeps what is not a number',
    at: everywhere(nan),
    traced: (x) => minimum(x, 0),
    values: everywhere(nan),
  },
  { name: 'clip to equal bounds', at: [-2, 0, 2], traced: (x) => clip(x, 1, 1), values: [1, 1, 1] },
  { name: 'the first of equal largest entries', at: [1, 3, 3], traced: (x) => argMax(x, 0, true), values: [1] },
  {
    name: 'the last of equal largest entries',
    at: [1, 3, 3],
    traced: (x) => apply('ArgMax', [x], { select_last_index: 1 })[0],
    values: [2],
  },
  {
    name: 'the last of equal smallest entries',
    at: [1, 3, 1],
    traced: (x) => apply('ArgMin', [x], { select_last_index: 1 })[0],
    values: [2],
  },
  {
    name: 'the first of equal entries is the hard maximum',
    at: [1, 3, 3],
    traced: (x) => apply('Hardmax', [x], { axis: 0 })[0],
    values: [0, 1, 0],
  },
  {
    name: 'infinities',
    at: [-infinity, 0, infinity, nan],
    traced: (x) => apply('IsInf', [x])[0],
    values: [1, 0, 1, 0],
  },
  {
    name: 'infinity above',
    at: [-infinity, 0, infinity, nan],
    traced: (x) => apply('IsInf', [x], { detect_negative: 0 })[0],
    values: [0, 0, 1, 0],
  },
  {
    name: 'one or the other',
    at: [0, 1],
    traced: (x) => reshape(apply('Xor', [truth(x), truth(reshape(x, [2, 1]))])[0], [-1]),
    values: [0, 1, 1, 0],
  },
  {
    name: 'bits to the left',
    at: [1, 3, 255],
    traced: (x) => apply('BitShift', [bytes(x), scalarConstant(2, 'uint8')], { direction: 'LEFT' })[0],
    values: [4, 12, 252],
  },
  {
    name: 'bits to the right',
    at: [1, 7, 255],
    traced: (x) => apply('BitShift', [bytes(x), scalarConstant(2, 'uint8')], { direction: 'RIGHT' })[0],
    values: [0, 1, 63],
  },
  {
    name: 'bits of both',
    at: [1, 6],
    traced: (x) => apply('BitwiseAnd', [bytes(x), scalarConstant(3, 'uint8')])[0],
    values: [1, 2],
  },
  {
    name: 'bits of either',
    at: [1, 6],
    traced: (x) => apply('BitwiseOr', [bytes(x), scalarConstant(3, 'uint8')])[0],
    values: [3, 7],
  },
  {
    name: 'bits of one of them',
    at: [1, 6],
    traced: (x) => apply('BitwiseXor', [bytes(x), scalarConstant(3, 'uint8')])[0],
    values: [2, 5],
  },
  { name: 'the other bits', at: [0, 6], traced: (x) => apply('BitwiseNot', [bytes(x)])[0], values: [255, 249] },
  {
    name: 'a remainder of whole numbers has the sign of the divisor',
    at: [4, -4, 4, -4],
    traced: remainder(0),
    values: [1, 2, -2, -1],
  },
  {
    name: 'a remainder like that of C has the sign of the dividend',
    at: [4, -4, 4, -4],
    traced: remainder(1),
    values: [1, -1, 1, -1],
  },
  {
    name: 'sums before each entry, from the end',
    at: [1, 2, 4],
    traced: (x) => apply('CumSum', [x, scalarConstant(0, 'int64')], { exclusive: 1, reverse: 1 })[0],
    values: [6, 4, 0],
  },
  {
    name: 'the logarithm of a sum of exponentials does not overflow',
    at: [1000, 1000],
    traced: (x) => apply('ReduceLogSumExp', [x, integers([0])])[0],
    values: [Math.fround(1000 + Math.LN2)],
  },
  {
    name: 'a product of whole numbers',
    at: [12, 8],
    traced: (x) => {
      const b = constant(createTensor('int8', [2, 2], Int8Array.of(4, -4, 2, 0)));
      const zeroPoints = constant(createTensor('int8', [2], Int8Array.of(1, 2)));
      const [y] = apply('MatMulInteger', [reshape(bytes(x), [1, 2]), b, scalarConstant(10, 'uint8'), zeroPoints]);
      return reshape(y, [-1]);
    },
    // (2, -2)·(3 -6; 1 -2)
    values: [4, -8],
  },
];
