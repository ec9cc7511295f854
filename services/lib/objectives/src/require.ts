import { InputError, PreconditionError } from '@parallax/config';
import type { Given, Objective, ObjectiveContext, Part } from './objective.ts';
import type { TracedEncoder } from './traced-encoder.ts';

/** What to do when an encoder lacks a part. */
const alternatives: { readonly [P in Part]: string } = {
  classify: 'name a head, for example one fitted by a linear probe, or use an objective on features',
  project: 'compare features instead (useProjector: false)',
  reconstruct: 'use an encoder trained by masked reconstruction, or featureMatching',
  denoise: 'use an encoder trained by diffusion, or featureMatching',
};

const expectations: { readonly [G in Given]: string } = {
  labels: 'the true class of every image',
  targets: 'a target class for every image',
  reference: 'a reference image for every image',
  negatives: 'images to be told apart from',
  augment: 'the differentiable augmentation of the encoder',
};

/** @throws PreconditionError naming the missing part and what can be done instead. */
export function requirePart<P extends Part>(
  encoder: TracedEncoder,
  part: P,
  objective: string,
): NonNullable<TracedEncoder[P]> {
  const found = encoder[part];
  if (found !== undefined) return found;
  const alternative = alternatives[part];
  throw new PreconditionError(`${objective}: the encoder has no part ${part}; ${alternative}`, {
    reason: 'PART_MISSING',
    facts: { part, alternative },
  });
}

/** @throws InputError naming what was not given. */
export function requireGiven<G extends Given>(context: ObjectiveContext, field: G): NonNullable<ObjectiveContext[G]> {
  const found = context[field];
  if (found === undefined) throw new InputError([{ field, expected: expectations[field], got: 'nothing' }]);
  return found;
}

/** Says early, before anything is traced, that an encoder cannot express an objective. @throws PreconditionError */
export function assertExpressible(objective: Objective, encoder: TracedEncoder): void {
  for (const need of objective.needs) if (isPart(need)) requirePart(encoder, need, objective.name);
}

function isPart(need: Part | Given): need is Part {
  return need in alternatives;
}
