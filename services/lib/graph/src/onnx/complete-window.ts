import { GraphError } from '../errors.ts';
import { fixed } from '../operators/shared.ts';
import { reach, roundedWindow } from '../operators/window.ts';
import type { Window } from '../signatures.ts';
import type { ValueInfo } from '../value.ts';

const windowed = ['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'LpPool'] as const;
export type WindowOperator = (typeof windowed)[number];

export function isWindowOperator(op: string): op is WindowOperator {
  return windowed.some((name) => name === op);
}

type Given = Readonly<Record<string, unknown>>;

/**
 * The attributes of a convolution or pooling as a file has them, with the window written out: lengths of the kernel
 * read off the weights, strides and dilations of 1, and `auto_pad` or `output_shape` as the pads that they mean. The
 * spatial lengths of the input must be fixed where pads depend on them.
 * @throws GraphError naming the attribute that does not fit.
 */
export function completeWindow(
  op: WindowOperator,
  inputs: readonly (ValueInfo | null | undefined)[],
  given: Given,
): Given {
  const { auto_pad = 'NOTSET', output_shape, ceil_mode = 0, ...others } = given;
  const [x, weight] = inputs;
  const kernel_shape =
    listOf(op, given, 'kernel_shape') ?? weight?.shape.slice(2).map((dim) => fixed(op, 'kernel', dim));
  if (!x || kernel_shape === undefined) throw new GraphError(op, 'kernel_shape: expected a list, got none');
  const rank = x.shape.length - 2;
  if (kernel_shape.length !== rank) {
    throw new GraphError(op, `kernel_shape: expected ${rank} lengths, got ${kernel_shape.length}`);
  }
  const ones = kernel_shape.map(() => 1);
  const zeros = kernel_shape.map(() => 0);
  const strides = listOf(op, given, 'strides') ?? ones;
  const dilations = listOf(op, given, 'dilations') ?? ones;
  const pads = listOf(op, given, 'pads') ?? [...zeros, ...zeros];
  const window = { kernel_shape, strides, dilations, pads };
  const lengths = (): readonly number[] => x.shape.slice(2).map((dim, axis) => fixed(op, `spatial axis ${axis}`, dim));
  if (op === 'ConvTranspose') {
    const transposed = { ...window, output_padding: listOf(op, given, 'output_padding') ?? zeros };
    const wanted = listOf(op, given, 'output_shape')?.slice(-rank);
    return { ...others, ...transposed, ...resolveTransposed(op, transposed, auto_pad, lengths, wanted) };
  }
  const padded = { ...window, pads: resolvePads(op, window, auto_pad, lengths) };
  if (op === 'Conv') return { ...others, ...padded };
  const count_include_pad = Number(others['count_include_pad'] ?? 0);
  const { ceil_mode: up, ...rounded } = roundedWindow(op, x, {
    ...padded,
    ceil_mode: Number(ceil_mode),
    count_include_pad,
  });
  return op === 'AveragePool' ? { ...others, ...rounded, ceil_mode: up } : { ...others, ...rounded };
}

function listOf(op: string, given: Given, name: string): readonly number[] | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new GraphError(op, `${name}: expected a list, got ${String(value)}`);
  return value.length === 0 ? undefined : value;
}

/** Pads so that a window with stride s takes ⌈length / s⌉ places; an odd one goes to the end, or to the begin. */
function resolvePads(
  op: string,
  window: Window,
  autoPad: unknown,
  lengths: () => readonly number[],
): readonly number[] {
  if (autoPad === 'NOTSET') return window.pads;
  if (autoPad === 'VALID') return window.pads.map(() => 0);
  const totals = lengths().map((length, axis) => {
    const stride = window.strides[axis] ?? 1;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach(window, axis) + 1 - length);
  });
  return shared(totals, isUpper(op, autoPad));
}

/** What a transposed convolution must cut off, or add, to give the lengths wanted: stride times the input's for `SAME`. */
function resolveTransposed(
  op: string,
  window: Window & { readonly output_padding: readonly number[] },
  autoPad: unknown,
  lengths: () => readonly number[],
  outputShape: readonly number[] | undefined,
): { readonly pads: readonly number[]; readonly output_padding: readonly number[] } {
  const { output_padding } = window;
  if (outputShape === undefined && autoPad === 'NOTSET') return { pads: window.pads, output_padding };
  if (outputShape === undefined && autoPad === 'VALID') return { pads: window.pads.map(() => 0), output_padding };
  const wanted = outputShape ?? lengths().map((length, axis) => length * (window.strides[axis] ?? 1));
  const totals = lengths().map(
    (length, axis) =>
      (length - 1) * (window.strides[axis] ?? 1) +
      reach(window, axis) +
      1 +
      (output_padding[axis] ?? 0) -
      (wanted[axis] ?? 0),
  );
  const upper = autoPad !== 'NOTSET' && autoPad !== 'VALID' && isUpper(op, autoPad);
  return {
    pads: shared(
      totals.map((total) => Math.max(0, total)),
      upper,
    ),
    output_padding: output_padding.map((padding, axis) => padding + Math.max(0, -(totals[axis] ?? 0))),
  };
}

function isUpper(op: string, autoPad: unknown): boolean {
  if (autoPad === 'SAME_UPPER') return true;
  if (autoPad === 'SAME_LOWER') return false;
  throw new GraphError(op, `auto_pad: expected NOTSET, VALID, SAME_UPPER or SAME_LOWER, got ${String(autoPad)}`);
}

/** Each total as a begin and an end, the larger half at the end (`upper`) or at the begin. */
function shared(totals: readonly number[], upper: boolean): readonly number[] {
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total) => Math.ceil(total / 2));
  return upper ? [...small, ...large] : [...large, ...small];
}
