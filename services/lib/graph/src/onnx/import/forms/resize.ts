import { toNumbers } from '@parallax/tensor';
import { constantTensor, integers, type Value, vector } from '../../../value.ts';
import { applyPlain } from '../apply-plain.ts';
import { intsAttribute } from '../attributes.ts';
import { type Call, type Context, operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import { isNumber } from '../knowledge.ts';
import type { Forms } from './form.ts';
import { axisIn, shapeFrom } from './shape.ts';

/** Sizes that name the batch too: an axis of unknown length stays as it is, so that it need not be named. */
function resize(call: Call, context: Context): readonly Value[] {
  const x = operand(call, 0, 'x');
  const sizes = call.inputs[3];
  if (!sizes || x.shape.every(isNumber)) return applyPlain(call);
  const wanted = shapeFrom(sizes, 'sizes', context);
  const given = call.attributes.get('axes', 'ints') ?? [...x.shape.keys()];
  const axes = given.map((axis) => axisIn(axis, x.shape.length));
  const kept = axes.flatMap((axis, index) => {
    const own = x.shape[axis];
    if (isNumber(own ?? 0)) return [{ axis, index, size: wanted[index] }];
    if (wanted[index] === own || wanted[index] === context.batch.atFixed(own ?? 0)) return [];
    throw new ImportError(`sizes: expected ${own} on axis ${axis}, got ${wanted[index]}`);
  });
  const lengths = kept.map(({ size }) => size);
  if (!lengths.every((size) => typeof size === 'number')) throw new ImportError('sizes: expected constant numbers');
  const attributes = call.attributes.with({ axes: intsAttribute(kept.map(({ axis }) => axis)) });
  const roi = cropOf(
    call.inputs[1],
    axes.length,
    kept.map(({ index }) => index),
  );
  return applyPlain({ ...call, inputs: [x, roi, null, integers(lengths)], attributes });
}

/** The part of a crop that is of some of its axes: all starts, then all ends. */
function cropOf(roi: Value | null | undefined, count: number, kept: readonly number[]): Value | null {
  const tensor = constantTensor(roi);
  if (tensor === undefined || tensor.data.length < 2 * count) return roi ?? null;
  const numbers = toNumbers(tensor);
  const places = [...kept, ...kept.map((index) => index + count)];
  return vector(places.map((place) => numbers[place] ?? 0));
}

export const resizeForms: Forms = { Resize: resize };
