import { abs, averagePool, equal, maxPool, mul, pow, reduceSum, sqrt, where } from '../build.ts';
import { fixed, int, ints } from '../operators/shared.ts';
import { filledWindow, roundedWindow } from '../operators/window.ts';
import type { Window } from '../signatures.ts';
import type { Value } from '../value.ts';
import { type Composite, composite, requiredInputs } from './composite.ts';

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

interface Pool extends Window, Norm {
  readonly ceil_mode: number;
}

/** (Σ |x|ᵖ)^(1/p) of every window. The sum is the mean of the padded window, times its size. */
function lpPool(x: Value, { p, ceil_mode, ...given }: Pool): Value {
  const window = roundedWindow('LpPool', x, { ...filledWindow(given), ceil_mode });
  const { kernel_shape } = window;
  const size = kernel_shape.reduce((product, length) => product * length, 1);
  return rooted(mul(averagePool(powered(x, p), kernel_shape, { ...window, count_include_pad: 1 }), size), p);
}

const poolAttributes = {
  kernel_shape: ints(),
  strides: ints([]),
  pads: ints([]),
  dilations: ints([]),
  ceil_mode: int(0),
  p: int(2),
};

export const pooling: Readonly<Record<string, Composite>> = {
  GlobalMaxPool: composite({}, (application) => {
    const [x] = requiredInputs('GlobalMaxPool', application, ['x']);
    return [
      maxPool(
        x,
        x.shape.slice(2).map((dim) => fixed('GlobalMaxPool', 'spatial', dim)),
      ),
    ];
  }),
  GlobalLpPool: composite<Norm>({ p: int(2) }, (application, { p }) => {
    const [x] = requiredInputs('GlobalLpPool', application, ['x']);
    const spatial = [...x.shape.keys()].slice(2);
    return [rooted(reduceSum(powered(x, p), spatial), p)];
  }),
  LpPool: composite<Pool>(poolAttributes, (application, attributes) => {
    const [x] = requiredInputs('LpPool', application, ['x']);
    return [lpPool(x, attributes)];
  }),
};
