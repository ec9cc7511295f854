import { apply } from '../apply.ts';
import { GraphError } from '../errors.ts';
import { ints, string } from '../operators/shared.ts';
import { vector } from '../value.ts';
import { type Composite, composite, requiredInputs } from './composite.ts';

export const spatial: Readonly<Record<string, Composite>> = {
  // What Resize was before it had modes. Its scales are an input or, before operator set 9, an attribute.
  Upsample: composite<{ readonly mode: string; readonly scales: readonly number[] }>(
    { mode: string('nearest'), scales: ints([]) },
    (application, { mode, scales }) => {
      const [x] = requiredInputs('Upsample', application, ['x']);
      const given = application.inputs[1] ?? (scales.length === 0 ? null : vector(scales));
      if (given === null) throw new GraphError('Upsample', 'scales: expected a value, got none');
      const attributes = { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
      return [apply('Resize', [x, null, given, null], attributes)[0]];
    },
  ),
};
