import { apply } from '../apply.ts';
import { completeAttributes } from '../attributes.ts';
import { GraphError } from '../errors.ts';
import { operators } from '../operators/table.ts';
import type { OpName } from '../signatures.ts';
import type { Value } from '../value.ts';
import { attentions } from './attention.ts';
import type { Application, Composite } from './composite.ts';
import { deformable } from './deformable.ts';
import { einsum } from './einsum.ts';
import { indexing } from './indexing.ts';
import { losses } from './loss.ts';
import { math } from './math.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { regions } from './regions.ts';
import { spatial } from './spatial.ts';

/** Every operator that is written out in others. None of them is in the operator table. */
export const composites: Readonly<Record<string, Composite>> = {
  ...attentions,
  ...deformable,
  ...indexing,
  ...einsum,
  ...losses,
  ...math,
  ...movement,
  ...normalization,
  ...pooling,
  ...regions,
  ...spatial,
  ...quantization,
};

/**
 * Applies an operator by name, whether it is in the table or written out in others.
 * @throws GraphError when there is no such operator, or the inputs or attributes do not fit.
 */
export function applyNamed(
  op: string,
  application: Application,
  attributes: Readonly<Record<string, unknown>>,
): readonly Value[] {
  if (Object.hasOwn(operators, op)) return apply(op as OpName, application.inputs as never, attributes);
  const found = Object.hasOwn(composites, op) ? composites[op] : undefined;
  if (found === undefined) throw new GraphError(op, 'is not an operator we know');
  return found.expand(application, completeAttributes(op, found.attributes, attributes));
}
