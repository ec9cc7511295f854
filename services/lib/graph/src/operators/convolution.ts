import { conv, convTranspose, reduceSum, reshape, slice, toTheStart, transpose } from '../build.ts';
import { formatShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family } from '../operator.ts';
import type { Attributes, Window } from '../signatures.ts';
import type { Value, ValueInfo } from '../value.ts';
import {
  channelReductionAxes,
  fixed,
  floatTypes,
  info,
  int,
  ints,
  requireRank,
  requireSameType,
  requireShape,
  requireType,
} from './shared.ts';
import { weightGradient } from './weight-gradient.ts';
import { convolvedLengths, padsOf, reach } from './window.ts';

export interface Grouped extends Window {
  readonly group: number;
}

/** The kernel turned by 180° with its channel axes exchanged within each group: [O, C/G, k] → [C, O/G, k]. */
function rotated(weight: Value, group: number): Value {
  const [outputs, perGroup, ...kernel] = weight.shape.map((dim) => fixed('Conv', 'weight', dim));
  const spatial = kernel.map((_, axis) => axis);
  const flipped = slice(
    weight,
    spatial.map((axis) => ({ axis: axis + 2, start: -1, end: toTheStart, step: -1 })),
  );
  if (group === 1) return transpose(flipped, [1, 0, ...spatial.map((axis) => axis + 2)]);
  const split = reshape(flipped, [group, (outputs ?? 0) / group, perGroup ?? 0, ...kernel]);
  const swapped = transpose(split, [0, 2, 1, ...spatial.map((axis) => axis + 3)]);
  return reshape(swapped, [group * (perGroup ?? 0), (outputs ?? 0) / group, ...kernel]);
}

/**
 * d loss / d input of a convolution. With stride 1 it is itself a convolution, with the rotated kernel, which takes
 * the fastest path of a runtime; otherwise a transposed convolution.
 */
function inputGradient(x: Value, weight: Value, g: Value, window: Grouped): Value {
  const { strides, dilations, group } = window;
  const pads = padsOf(window);
  const mirrored = [
    ...pads.map(([begin], axis) => reach(window, axis) - begin),
    ...pads.map(([, end], axis) => reach(window, axis) - end),
  ];
  if (strides.every((stride) => stride === 1) && mirrored.every((amount) => amount >= 0)) {
    return conv(g, rotated(weight, group), null, { pads: mirrored, dilations, group });
  }
  // The rows that the last stride did not reach are put back as output padding.
  const output_padding = pads.map(([begin, end], axis) => {
    const length = fixed('Conv', `spatial axis ${axis}`, x.shape[axis + 2]);
    return (length + begin + end - reach(window, axis) - 1) % (strides[axis] ?? 1);
  });
  return convTranspose(g, weight, null, { pads: window.pads, strides, dilations, group, output_padding });
}

function biasGradient(g: Value, bias: Value | null): Value | null {
  return bias === null ? null : reduceSum(g, channelReductionAxes(g.shape.length), false);
}

/** What both convolutions ask of their inputs: `channels` of x, `outputs` numbers of bias, one kernel axis per spatial axis. */
function checkInputs(
  op: string,
  [x, weight, bias]: readonly [Value, Value, Value | null],
  { kernel_shape, group }: Grouped,
  { channels, outputs }: { readonly channels: number; readonly outputs: number },
): void {
  requireType(op, 'x', x, floatTypes);
  requireSameType(op, x, weight);
  requireRank(op, 'weight', weight, x.shape.length);
  requireShape(op, 'kernel', info(weight.dtype, weight.shape.slice(2)), kernel_shape);
  if (x.shape[1] !== channels) {
    throw new GraphError(op, `x: expected ${channels} channels on axis 1, got ${formatShape(x.shape)}`);
  }
  if (fixed(op, 'weight', weight.shape[0]) % group !== 0) {
    throw new GraphError(op, `weight: expected a multiple of ${group} on axis 0, got ${formatShape(weight.shape)}`);
  }
  if (bias !== null) requireShape(op, 'bias', bias, [outputs]);
}

const windowAttributes = { kernel_shape: ints(), strides: ints(), pads: ints(), dilations: ints(), group: int(1) };

function transposedLengths(x: ValueInfo, attributes: Attributes<'ConvTranspose'>): readonly number[] {
  return padsOf(attributes).map(([begin, end], axis) => {
    const length = fixed('ConvTranspose', `spatial axis ${axis}`, x.shape[axis + 2]);
    const stride = attributes.strides[axis] ?? 1;
    return (length - 1) * stride + reach(attributes, axis) + 1 + (attributes.output_padding[axis] ?? 0) - begin - end;
  });
}

export const convolutions: Family<'Conv' | 'ConvTranspose'> = {
  Conv: {
    attributes: windowAttributes,
    infer: (inputs, attributes) => {
      const [x, weight] = inputs;
      const outputs = fixed('Conv', 'weight', weight.shape[0]);
      const channels = fixed('Conv', 'weight', weight.shape[1]) * attributes.group;
      checkInputs('Conv', inputs, attributes, { channels, outputs });
      return [info(x.dtype, [x.shape[0] ?? 0, outputs, ...convolvedLengths('Conv', x.shape.slice(2), attributes)])];
    },
    gradient: ({ inputs: [x, weight, bias], gradient: g, attributes }) => [
      inputGradient(x, weight, g, attributes),
      weightGradient(x, g, attributes),
      biasGradient(g, bias),
    ],
  },
  // The transpose of a convolution: its input gradient is the convolution, and in its weight gradient the roles of
  // input and output gradient are exchanged.
  ConvTranspose: {
    attributes: { ...windowAttributes, output_padding: ints() },
    infer: (inputs, attributes) => {
      const [x, weight] = inputs;
      const channels = fixed('ConvTranspose', 'weight', weight.shape[0]);
      const outputs = fixed('ConvTranspose', 'weight', weight.shape[1]) * attributes.group;
      checkInputs('ConvTranspose', inputs, attributes, { channels, outputs });
      return [info(x.dtype, [x.shape[0] ?? 0, outputs, ...transposedLengths(x, attributes)])];
    },
    gradient: ({ inputs: [x, weight, bias], gradient: g, attributes }) => {
      const { pads, strides, dilations, group } = attributes;
      return [
        conv(g, weight, null, { pads, strides, dilations, group }),
        weightGradient(g, x, attributes),
        biasGradient(g, bias),
      ];
    },
  },
};
