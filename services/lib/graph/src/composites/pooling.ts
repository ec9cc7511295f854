import { abs, averagePool, equal, maxPool, mul, pow, reduceSum, sqrt, where } from '../build.ts';
import { GraphError } from '../errors.ts';
import { fixed, int, ints } from '../operators/shared.ts';
import type { Window } from '../signatures.ts';
import type { Value } from '../value.ts';
import { type Composite, composite } from './composite.ts';

interface Norm {
  readonly p: number;
}

/** |x|ᵖ */
function powered(x: Value, p: number): Value {
  if (p === 1) return abs(x);
  return p === 2 ? mul(x, x) : pow(abs(x), p);
}

/** The p-th root; its gradient at 0, where it is infinite, is taken as 0. */
function rooted(x: Value, p: number): Value {
  if (p === 1) return x;
  const zero = equal(x, 0);
  const positive = where(zero, 1, x);
  return where(zero, 0, p === 2 ? sqrt(positive) : pow(positive, 1 / p));
}

function requireInput(op: string, x: Value | null | undefined): Value {
  if (!x) throw new GraphError(op, 'x: expected a value, got none');
  return x;
}

/** (Σ |x|ᵖ)^(1/p) of every window. The sum is the mean of the padded window, times its size. */
function lpPool(x: Value, { p, ...window }: Window & Norm): Value {
  const size = window.kernel_shape.reduce((product, length) => product * length, 1);
  const means = averagePool(powered(x, p), window.kernel_shape, { ...window, count_include_pad: 1 });
  return rooted(mul(means, size), p);
}

const windowAttributes = { kernel_shape: ints(), strides: ints(), pads: ints(), dilations: ints() };

export const pooling: Readonly<Record<string, Composite>> = {
  GlobalMaxPool: composite({}, ({ inputs: [given] }) => {
    const x = requireInput('GlobalMaxPool', given);
    return [
      maxPool(
        x,
        x.shape.slice(2).map((dim) => fixed('GlobalMaxPool', 'spatial', dim)),
      ),
    ];
  }),
  GlobalLpPool: composite<Norm>({ p: int(2) }, ({ inputs: [given] }, { p }) => {
    const x = requireInput('GlobalLpPool', given);
    const spatial = [...x.shape.keys()].slice(2);
    return [rooted(reduceSum(powered(x, p), spatial), p)];
  }),
  LpPool: composite<Window & Norm>({ ...windowAttributes, p: int(2) }, ({ inputs: [x] }, attributes) => [
    lpPool(requireInput('LpPool', x), attributes),
  ]),
};
