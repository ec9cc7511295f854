import { normalizeAxis, shapeSize } from '../../../dims.ts';
import { applyPlain } from '../apply-plain.ts';
import { intAttribute } from '../attributes.ts';
import { operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import type { Form, Forms } from './form.ts';
import { reshapedTo } from './shape.ts';

/** Before opset 13 the axis was the first of those that were joined to one. */
const joined: Form = (call) => {
  if (call.opset >= 13) return applyPlain(call);
  const x = operand(call, 0, 'input');
  const given = call.attributes.int('axis', 1);
  const axis = normalizeAxis(given, x.shape.length);
  if (axis === undefined) throw new ImportError(`axis: expected an axis of [${x.shape.join(', ')}], got ${given}`);
  const over = (input: typeof x, at: number): ReturnType<Form> =>
    applyPlain({ ...call, inputs: [input], attributes: call.attributes.with({ axis: intAttribute(at) }) });
  if (x.shape.slice(axis + 1).every((dim) => dim === 1)) return over(x, axis);
  const rows = reshapedTo(x, [shapeSize(x.shape.slice(0, axis)), shapeSize(x.shape.slice(axis))]);
  return over(rows, 1).map((y) => reshapedTo(y, x.shape));
};

export const softmaxForms: Forms = { Hardmax: joined, LogSoftmax: joined, Softmax: joined };
