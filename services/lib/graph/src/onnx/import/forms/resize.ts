import { integers, type Value } from '../../../value.ts';
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
    if (isNumber(own ?? 0)) return [{ axis, size: wanted[index] }];
    if (wanted[index] === own || wanted[index] === context.batch.atFixed(own ?? 0)) return [];
    throw new ImportError(`sizes: expected ${own} on axis ${axis}, got ${wanted[index]}`);
  });
  const lengths = kept.map(({ size }) => size);
  if (!lengths.every((size) => typeof size === 'number')) throw new ImportError('sizes: expected constant numbers');
  const attributes = call.attributes.with({ axes: intsAttribute(kept.map(({ axis }) => axis)) });
  return applyPlain({ ...call, inputs: [x, null, null, integers(lengths)], attributes });
}

export const resizeForms: Forms = { Resize: resize };
