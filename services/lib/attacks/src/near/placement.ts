import { PreconditionError } from '@parallax/config';
import type { Value } from '@parallax/graph';
import type { Draw, Objective, TracedEncoder } from '@parallax/objectives';
import { type BoundAttack, choosesTargets } from '../attack.ts';
import { type Pass, recordPasses } from './passes.ts';
import type { Goal, Selection } from './program.ts';
import { declareScene, type Scene } from './scene.ts';

export interface PlaceOptions {
  readonly selection: Selection;
  /** Default: `target` for objectives that take targets, else `misclassify`. */
  readonly goal?: Goal;
  /** Gradients averaged in a step. Must be given when encoder or objective are stochastic and the attack takes gradients. */
  readonly gradientDraws?: number;
  /** Looks averaged in a step of an attack that takes no gradients. Default 1. */
  readonly acceptanceDraws?: number;
  /** The encoder whose head says which class an image is. Default: the one attacked, when it has a head. */
  readonly judge?: TracedEncoder;
  /** The differentiable augmentation of the encoder, for objectives that ask for it. */
  readonly augment?: (images: Value, draw: Draw) => Value;
}

/** What all stages are traced from. */
export interface Placement {
  readonly attack: BoundAttack;
  readonly scene: Scene;
  readonly selection: Selection;
  readonly goal: Goal;
  /** Whether the classes aimed at come from the attack and not from the caller. */
  readonly choosesTargets: boolean;
  /** Every pass through an encoder traced so far. */
  readonly passes: () => readonly Pass[];
}

/** @throws PreconditionError for a selection or an attack that needs to know classes, without a head. */
export function createPlacement(
  attack: BoundAttack,
  objective: Objective,
  encoder: TracedEncoder,
  options: PlaceOptions,
): Placement {
  const own = recordPasses(encoder);
  const other = options.judge === undefined || options.judge === encoder ? own : recordPasses(options.judge);
  const judge = other.encoder.classify === undefined ? undefined : other.encoder;
  const { selection, augment } = options;
  const needsClasses = selection !== 'transfer' || attack.needs.includes('logits') || attack.targets > 0;
  if (needsClasses && judge === undefined) {
    const what = selection === 'transfer' ? attack.name : 'a verdict';
    throw new PreconditionError(`${what} needs a head that says which class an image is`, {
      reason: 'PART_MISSING',
      facts: { part: 'classify', alternative: 'name a head, or select transfer with an attack that needs no logits' },
    });
  }
  const choosesOwn = choosesTargets(attack);
  const scene: Scene = {
    inputs: declareScene(attack.ball.dims),
    objective,
    encoder: own.encoder,
    ...(judge === undefined ? {} : { judge }),
    ...(augment === undefined ? {} : { augment }),
  };
  return {
    attack,
    scene,
    selection,
    goal: options.goal ?? (objective.needs.includes('targets') && !choosesOwn ? 'target' : 'misclassify'),
    choosesTargets: choosesOwn,
    passes: () => (other === own ? own.passes : [...own.passes, ...other.passes]),
  };
}
