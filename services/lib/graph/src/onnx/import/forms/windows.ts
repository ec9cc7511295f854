import { reach, roundedWindow } from '../../../operators/window.ts';
import type { Window } from '../../../signatures.ts';
import type { Value } from '../../../value.ts';
import { applyPlain } from '../apply-plain.ts';
import { type Attributes, intAttribute, intsAttribute } from '../attributes.ts';
import { type Call, operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import type { Form, Forms } from './form.ts';

const automaticPads: readonly string[] = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'];

function spatialLengths(x: Value): readonly number[] {
  return x.shape.slice(2).map((dim) => {
    if (typeof dim !== 'number') throw new ImportError(`spatial lengths: expected fixed ones, got ${dim}`);
    return dim;
  });
}

/** Halves of a number of paddings; an odd one stands at the end, or at the beginning. */
function halves(totals: readonly number[], atEnd: boolean): readonly number[] {
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, axis) => total - (small[axis] ?? 0));
  return atEnd ? [...small, ...large] : [...large, ...small];
}

/** Padding that keeps ⌈length / stride⌉ places. */
function samePads(x: Value, window: Window, upper: boolean): readonly number[] {
  const totals = spatialLengths(x).map((length, axis) => {
    const stride = window.strides[axis] ?? 1;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach(window, axis) + 1 - length);
  });
  return halves(totals, upper);
}

/** Padding with which a transposed window gives the lengths asked for. */
function transposedPads(
  x: Value,
  window: Window,
  wanted: readonly number[],
  extra: readonly number[],
  upper: boolean,
): readonly number[] {
  const totals = spatialLengths(x).map(
    (length, axis) =>
      (window.strides[axis] ?? 1) * (length - 1) +
      (extra[axis] ?? 0) +
      reach(window, axis) +
      1 -
      (wanted[axis] ?? length * (window.strides[axis] ?? 1)),
  );
  return halves(totals, upper);
}

function listOf(attributes: Attributes, name: string, fallback: readonly number[], least: number): readonly number[] {
  const list = attributes.get(name, 'ints') ?? fallback;
  if (list.length !== fallback.length || !list.every((entry) => Number.isSafeInteger(entry) && entry >= least)) {
    throw new ImportError(
      `attribute ${name}: expected ${fallback.length} whole numbers from ${least}, got [${list.join(', ')}]`,
    );
  }
  return list;
}

/** A window with everything written out that may be left out, and all padding in numbers. */
function completeWindow(call: Call, x: Value, kernel: readonly number[]): Window {
  const { attributes, op } = call;
  const ones = x.shape.slice(2).map(() => 1);
  if (kernel.length !== ones.length || ones.length === 0) {
    throw new ImportError(`attribute kernel_shape: expected ${ones.length} lengths, got [${kernel.join(', ')}]`);
  }
  const window: Window = {
    kernel_shape: listOf(attributes, 'kernel_shape', kernel, 1),
    strides: listOf(attributes, 'strides', ones, 1),
    dilations: listOf(attributes, 'dilations', ones, 1),
    pads: listOf(attributes, 'pads', [...ones, ...ones].fill(0), Number.MIN_SAFE_INTEGER),
  };
  const mode = attributes.string('auto_pad', 'NOTSET');
  if (!automaticPads.includes(mode)) {
    throw new ImportError(`attribute auto_pad: expected one of ${automaticPads.join(', ')}, got ${mode}`);
  }
  const wanted = attributes.get('output_shape', 'ints');
  if (op === 'ConvTranspose' && (wanted !== undefined || mode.startsWith('SAME'))) {
    const extra = attributes.get('output_padding', 'ints') ?? [];
    return { ...window, pads: transposedPads(x, window, wanted ?? [], extra, mode === 'SAME_UPPER') };
  }
  if (mode === 'NOTSET') return window;
  const pads = mode === 'VALID' ? window.pads.map(() => 0) : samePads(x, window, mode === 'SAME_UPPER');
  return { ...window, pads };
}

function withWindow(attributes: Attributes, { kernel_shape, strides, dilations, pads }: Window): Attributes {
  const lists = { kernel_shape, strides, dilations, pads };
  return attributes
    .without('auto_pad', 'output_shape')
    .with(Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, intsAttribute(list)])));
}

const convolution: Form = (call) => {
  const x = operand(call, 0, 'x');
  const kernel = operand(call, 1, 'weight').shape.slice(2);
  if (!kernel.every((dim) => typeof dim === 'number')) throw new ImportError('weight: expected a fixed kernel');
  const window = completeWindow(call, x, kernel);
  if (call.op !== 'ConvTranspose') return applyPlain({ ...call, attributes: withWindow(call.attributes, window) });
  const given = listOf(call.attributes, 'output_padding', Array(kernel.length).fill(0), 0);
  // Lengths beyond what the window reaches are padded at the end of the output.
  const missing = window.pads.map((amount) => Math.max(0, -amount));
  const output_padding = given.map(
    (extra, axis) => extra + (missing[axis] ?? 0) + (missing[axis + kernel.length] ?? 0),
  );
  const pads = window.pads.map((amount) => Math.max(0, amount));
  const attributes = withWindow(call.attributes, { ...window, pads });
  return applyPlain({ ...call, attributes: attributes.with({ output_padding: intsAttribute(output_padding) }) });
};

const pool: Form = (call) => {
  const x = operand(call, 0, 'x');
  const kernel = call.attributes.get('kernel_shape', 'ints');
  if (kernel === undefined) throw new ImportError('attribute kernel_shape: expected lengths, got none');
  const window = completeWindow(call, x, kernel);
  const rounding = {
    ceil_mode: call.attributes.int('ceil_mode', 0),
    count_include_pad: call.attributes.int('count_include_pad', 0),
  };
  const rounded = roundedWindow(call.op, x, { ...window, ...rounding });
  const attributes = withWindow(call.attributes, rounded).without('ceil_mode');
  if (call.op === 'MaxPool') return applyPlain({ ...call, attributes });
  return applyPlain({ ...call, attributes: attributes.with({ ceil_mode: intAttribute(rounded.ceil_mode) }) });
};

/** Operators that slide a window. */
export const windowForms: Forms = {
  AveragePool: pool,
  Conv: convolution,
  ConvTranspose: convolution,
  LpPool: pool,
  MaxPool: pool,
};
