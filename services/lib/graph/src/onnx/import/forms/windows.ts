import { applyPlain } from '../apply-plain.ts';
import { intsAttribute } from '../attributes.ts';
import { type Call, operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import type { Form, Forms } from './form.ts';

interface Lengths {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** Padding that keeps ⌈length / stride⌉ places; an odd one stands at the end (SAME_UPPER) or at the beginning. */
function samePads({ input, kernel, strides, dilations }: Lengths, upper: boolean): readonly number[] {
  const totals = input.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    const reach = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1);
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach + 1 - length);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total) => Math.ceil(total / 2));
  return upper ? [...small, ...large] : [...large, ...small];
}

/** Padding that makes a transposed window give lengths that are asked for, or `stride` times the input. */
function transposedPads(
  { input, kernel, strides, dilations }: Lengths,
  wanted: readonly number[],
  extra: readonly number[],
  upper: boolean,
): readonly number[] {
  const totals = input.map((length, axis) => {
    const reach = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1);
    return (strides[axis] ?? 1) * (length - 1) + (extra[axis] ?? 0) + reach + 1 - (wanted[axis] ?? 0);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const rest = totals.map((total, axis) => total - (small[axis] ?? 0));
  return upper ? [...small, ...rest] : [...rest, ...small];
}

/** Windows with everything written out that may be left out, and padding in numbers. */
function windowForm(kernelOf: (call: Call) => readonly number[] | undefined): Form {
  return (call) => {
    const x = operand(call, 0, 'x');
    const { attributes } = call;
    const kernel = attributes.get('kernel_shape', 'ints') ?? kernelOf(call);
    if (kernel === undefined) throw new ImportError('attribute kernel_shape: expected lengths, got none');
    const ones = kernel.map(() => 1);
    const strides = attributes.get('strides', 'ints') ?? ones;
    const dilations = attributes.get('dilations', 'ints') ?? ones;
    const mode = attributes.string('auto_pad', 'NOTSET');
    const extra = attributes.get('output_padding', 'ints') ?? kernel.map(() => 0);
    const wanted = attributes.get('output_shape', 'ints');
    for (const [name, list] of Object.entries({ strides, dilations, kernel_shape: kernel })) {
      const valid =
        list.length === x.shape.length - 2 && list.every((entry) => Number.isSafeInteger(entry) && entry > 0);
      if (!valid)
        throw new ImportError(
          `attribute ${name}: expected ${x.shape.length - 2} positive numbers, got [${list.join(', ')}]`,
        );
    }
    const given = attributes.get('pads', 'ints') ?? [...kernel, ...kernel].map(() => 0);
    const automatic = mode !== 'NOTSET' || wanted !== undefined;
    const lengths = automatic ? { input: spatialLengths(call), kernel, strides, dilations } : undefined;
    const pads = lengths === undefined ? given : automaticPads(call.op, mode, lengths, { wanted, extra });
    if (pads.length !== 2 * kernel.length)
      throw new ImportError(`attribute pads: expected ${2 * kernel.length} numbers, got ${pads.length}`);
    const changes = {
      kernel_shape: kernel,
      strides,
      dilations,
      pads,
      ...(call.op === 'ConvTranspose' ? { output_padding: extra } : {}),
    };
    const complete = Object.fromEntries(Object.entries(changes).map(([name, list]) => [name, intsAttribute(list)]));
    return applyPlain({ ...call, attributes: attributes.without('auto_pad', 'output_shape').with(complete) });
  };
}

function spatialLengths(call: Call): readonly number[] {
  return operand(call, 0, 'x')
    .shape.slice(2)
    .map((dim) => {
      if (typeof dim !== 'number') throw new ImportError(`auto_pad: expected fixed lengths, got ${dim}`);
      return dim;
    });
}

function automaticPads(
  op: string,
  mode: string,
  lengths: Lengths,
  { wanted, extra }: { readonly wanted: readonly number[] | undefined; readonly extra: readonly number[] },
): readonly number[] {
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(mode))
    throw new ImportError(`attribute auto_pad: got ${mode}`);
  const upper = mode === 'SAME_UPPER';
  if (op === 'ConvTranspose' && (wanted !== undefined || mode !== 'VALID')) {
    const target = wanted ?? lengths.input.map((length, axis) => length * (lengths.strides[axis] ?? 1));
    return transposedPads(lengths, target, extra, upper);
  }
  return mode === 'VALID' ? [...lengths.kernel, ...lengths.kernel].map(() => 0) : samePads(lengths, upper);
}

function weightKernel(call: Call): readonly number[] | undefined {
  const dims = operand(call, 1, 'weight').shape.slice(2);
  return dims.every((dim) => typeof dim === 'number') ? dims : undefined;
}

const pool = windowForm(() => undefined);
const convolution = windowForm(weightKernel);

export const windowForms: Forms = {
  AveragePool: pool,
  Conv: convolution,
  ConvTranspose: convolution,
  LpPool: pool,
  MaxPool: pool,
};
