import { integers, scalarConstant, type Value } from '../../../value.ts';
import type { Call } from '../call.ts';
import { operand } from '../call.ts';
import type { Upgrade, Upgrades } from './upgrade.ts';

/** Puts a value at an input's place, behind what is left out before it. */
function withInput(call: Call, index: number, value: Value): Call {
  const inputs = Array.from({ length: Math.max(call.inputs.length, index + 1) }, (_, at) => call.inputs[at] ?? null);
  return { ...call, inputs: inputs.with(index, value) };
}

/** A list of numbers that was an attribute before it became an input. */
function listInput(name: string, index: number): Upgrade {
  return (call) => {
    const list = call.attributes.get(name, 'ints');
    if (list === undefined) return call;
    return { ...withInput(call, index, integers(list)), attributes: call.attributes.without(name) };
  };
}

/** A number that was an attribute before it became an input of the element type of the first. */
function numberInput(name: string, index: number): Upgrade {
  return (call) => {
    const number = call.attributes.get(name, 'float');
    if (number === undefined) return call;
    const value = scalarConstant(number, operand(call, 0, 'input').dtype);
    return { ...withInput(call, index, value), attributes: call.attributes.without(name) };
  };
}

export function inOrder(...steps: readonly Upgrade[]): Upgrade {
  return (call, context) => steps.reduce((current, step) => step(current, context), call);
}

const axes = listInput('axes', 1);

const slice = inOrder(listInput('starts', 1), listInput('ends', 2), listInput('axes', 3));

const topK: Upgrade = (call) => {
  const k = call.attributes.get('k', 'int');
  return k === undefined ? call : { ...withInput(call, 1, integers([k])), attributes: call.attributes.without('k') };
};

const reductions = [
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
];

/** Attributes that became inputs. */
export const inputUpgrades: Upgrades = {
  ...Object.fromEntries(reductions.map((op) => [op, axes])),
  Clip: inOrder(numberInput('min', 1), numberInput('max', 2)),
  Pad: inOrder(listInput('pads', 1), numberInput('value', 2)),
  Slice: slice,
  Split: listInput('split', 1),
  Squeeze: axes,
  TopK: topK,
  Unsqueeze: axes,
};
