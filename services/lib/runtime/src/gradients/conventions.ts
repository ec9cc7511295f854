import {
  abs,
  apply,
  clip,
  maximum,
  minimum,
  mul,
  pow,
  reduceL2,
  reduceMax,
  reduceMin,
  relu,
  round,
  sub,
  topK,
  type Value,
} from '@parallax/graph';

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
  { name: 'a square is flat at 0', at: [0, -3], traced: (x) => pow(x, 2), gradient: [0, -6] },
  {
    name: 'an exponent of a base that is not positive has none',
    at: [2],
    traced: (x) => pow(sub(0, 1), x),
    gradient: [0],
  },
  { name: 'rounding is constant', at: [0.4, 0.5, 0.6], traced: (x) => sub(mul(x, 2), round(x)), gradient: [2, 2, 2] },
  {
    name: 'a hard sigmoid is flat at the ends of its ramp',
    at: [-1, 0, 0.5, 1, 2],
    traced: (x) => apply('HardSigmoid', [x], { alpha: 1, beta: 0 })[0],
    gradient: [0, 0, 1, 0, 0],
  },
];
