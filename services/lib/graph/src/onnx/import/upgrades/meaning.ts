import { expand, fixedDim, reshape } from '../../../build.ts';
import { type Value, vector } from '../../../value.ts';
import { stringAttribute } from '../attributes.ts';
import { type Call, operand } from '../call.ts';
import { reshapedTo } from '../forms/shape.ts';
import { ImportError } from '../import-error.ts';
import type { Upgrade, Upgrades } from './upgrade.ts';

/** Before opset 14 statistics came out under other names, and the mode followed from how many were asked for. */
const batchNormalization: Upgrade = (call) => {
  const { attributes } = call;
  if (attributes.int('spatial', 1) !== 1) throw new ImportError('attribute spatial: expected 1, got 0');
  const training =
    call.opset >= 14 ? attributes.int('training_mode', 0) : call.opset >= 7 ? 0 : 1 - attributes.int('is_test', 0);
  if (training !== 0) throw new ImportError('expected a model in evaluation form, got statistics of the batch');
  return {
    ...call,
    outputs: 1,
    attributes: attributes.without('spatial', 'is_test', 'consumed_inputs', 'training_mode'),
  };
};

/** In opset 18 a group had one scale and one bias, since 21 a channel has. */
const groupNormalization: Upgrade = (call) => {
  if (call.opset >= 21) return call;
  const channels = fixedDim(operand(call, 0, 'x').shape, 1);
  const perChannel = (value: Value): Value => {
    const groups = fixedDim(value.shape, 0);
    return reshape(expand(reshape(value, [groups, 1]), [groups, channels / groups]), [channels]);
  };
  const [x, scale, bias] = [operand(call, 0, 'x'), operand(call, 1, 'scale'), operand(call, 2, 'bias')];
  return { ...call, inputs: [x, perChannel(scale), perChannel(bias)], opset: 21, attributes: call.attributes };
};

/** Upsample is Resize with the positions that the first Resize had. */
function resizeInputs(call: Call): readonly (Value | null)[] {
  return [operand(call, 0, 'x'), null, operand(call, 1, 'scales')];
}

const asymmetric = {
  coordinate_transformation_mode: stringAttribute('asymmetric'),
  nearest_mode: stringAttribute('floor'),
};

const upsample: Upgrade = (call) => {
  const scales = call.attributes.get('scales', 'floats');
  const given = scales === undefined ? call : { ...call, inputs: [operand(call, 0, 'x'), vector(scales)] };
  return {
    ...given,
    op: 'Resize',
    opset: 11,
    inputs: resizeInputs(given),
    attributes: call.attributes.without('scales').with(asymmetric),
  };
};

const resize: Upgrade = (call) =>
  call.opset >= 11
    ? call
    : { ...call, opset: 11, inputs: resizeInputs(call), attributes: call.attributes.with(asymmetric) };

/** One scale for all elements is a scalar, also where a file writes it as a list of one. */
const quantization: Upgrade = (call) => {
  const [x, ...parameters] = call.inputs;
  const single = (value: Value | null | undefined): boolean => value?.shape.every((dim) => dim === 1) ?? true;
  if (!parameters.every(single)) return call;
  return { ...call, inputs: [x ?? null, ...parameters.map((value) => value && reshapedTo(value, []))] };
};

export const meaningUpgrades: Upgrades = {
  BatchNormalization: batchNormalization,
  DequantizeLinear: quantization,
  GroupNormalization: groupNormalization,
  QuantizeLinear: quantization,
  Resize: resize,
  Scatter: (call) => ({ ...call, op: 'ScatterElements' }),
  Upsample: upsample,
};
