import { cast, equal, not, withGradientOf } from '../../../build.ts';
import type { Value } from '../../../value.ts';
import { scalarConstant } from '../../../value.ts';
import { type Call, type Context, operand } from '../call.ts';
import { halfTypes } from '../half.ts';
import { ImportError } from '../import-error.ts';
import { isNumber } from '../knowledge.ts';
import type { Forms } from './form.ts';

/** Encoders are imported as they are evaluated: nothing is dropped. */
function dropoutForm(call: Call, { knowledge }: Context): readonly Value[] {
  const x = operand(call, 0, 'data');
  const training = call.inputs[2] ? knowledge.numbers(call.inputs[2]) : [0];
  if (training?.[0] !== 0)
    throw new ImportError('training_mode: expected a constant false: a model in evaluation form');
  if (call.outputs === 1) return [x];
  return [x, equal(x, x)];
}

function castTo(x: Value, number: number, { knowledge, elementType, note }: Context): Value {
  const to = elementType('to', number);
  if (halfTypes.has(number))
    note('Half precision is computed as float32: results differ from half precision by its rounding.');
  if (x.dtype === to) return x;
  const known = knowledge.of(x);
  if (known !== undefined) {
    const float = to === 'float32' || to === 'float64';
    const entries = known.entries.map((entry) => {
      if (!isNumber(entry) || float) return to === 'float32' && isNumber(entry) ? Math.fround(entry) : entry;
      return to === 'bool' ? Number(entry !== 0) : Math.trunc(entry);
    });
    const fits = to === 'bool' ? entries.every(isNumber) : true;
    const value = fits ? knowledge.value({ ...known, dtype: to, entries }) : undefined;
    if (value !== undefined) return value;
  }
  return to === 'bool' && x.dtype !== 'bool' ? not(equal(x, scalarConstant(0, x.dtype))) : cast(x, to);
}

export const passingForms: Forms = {
  Cast: (call, context) => {
    const to = call.attributes.get('to', 'int');
    if (to === undefined) throw new ImportError('attribute to: expected an element type, got none');
    return [castTo(operand(call, 0, 'input'), to, context)];
  },
  CastLike: (call) => [cast(operand(call, 0, 'input'), operand(call, 1, 'target_type').dtype)],
  Dropout: dropoutForm,
  Identity: (call) => [operand(call, 0, 'input')],
  'parallax.WithGradientOf': (call, { note }) => {
    note(
      'The file itself names the gradients of some values (parallax.WithGradientOf): they are not those of the values.',
    );
    return [withGradientOf(operand(call, 0, 'value'), operand(call, 1, 'surrogate'))];
  },
};
