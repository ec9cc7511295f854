import { float32, int64 } from '@parallax/tensor';
import { constant, constantTensor, scalarConstant, type Value } from '../../../value.ts';
import { type Call, type Context, operand } from '../call.ts';
import { known } from '../folding/fold.ts';
import { ImportError } from '../import-error.ts';
import { isNumber } from '../knowledge.ts';
import type { Forms } from './form.ts';
import { expandTo, shapeFrom } from './shape.ts';

/** A constant is written in one of several attributes. */
function constantForm({ attributes }: Call, { tensor }: Context): readonly Value[] {
  const value = attributes.get('value', 'tensor');
  if (value !== undefined) return [tensor('value', value)];
  const float = attributes.get('value_float', 'float');
  if (float !== undefined) return [scalarConstant(float)];
  const int = attributes.get('value_int', 'int');
  if (int !== undefined) return [constant(int64([], [int]))];
  const floats = attributes.get('value_floats', 'floats');
  if (floats !== undefined) return [constant(float32([floats.length], floats))];
  const ints = attributes.get('value_ints', 'ints');
  if (ints !== undefined) return [constant(int64([ints.length], ints))];
  throw new ImportError(`expected a tensor or numbers, got ${attributes.names.join(', ') || 'nothing'}`);
}

/** A shape filled with one number (float32 0 when none is given). A large one is filled when the graph runs. */
function constantOfShapeForm(call: Call, context: Context): readonly Value[] {
  const shape = shapeFrom(operand(call, 0, 'input'), 'input', context);
  const given = call.attributes.get('value', 'tensor');
  const value = given === undefined ? scalarConstant(0) : context.tensor('value', given);
  const one = constantTensor(value);
  if (one?.data.length !== 1) throw new ImportError('value: expected one element');
  const number = Number(one.data[0]);
  if (shape.every(isNumber)) {
    if (!shape.every((length) => length >= 0)) {
      throw new ImportError(`input: expected lengths from 0, got [${shape.join(', ')}]`);
    }
    const filled = known(one.dtype, shape, (count) => Array<number>(count).fill(number));
    const small = filled === undefined ? undefined : context.knowledge.value(filled);
    if (small !== undefined) return [small];
  }
  return [expandTo(scalarConstant(number, one.dtype), shape, context)];
}

export const constantForms: Forms = { Constant: constantForm, ConstantOfShape: constantOfShapeForm };
