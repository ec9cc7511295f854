import { PreconditionError } from '@parallax/config';
import type { Value } from '@parallax/graph';
import type { Draw, Objective, TracedEncoder } from '@parallax/objectives';
import { type BoundAttack, choosesTargets } from '../attack.ts';
import type { ImageDims } from '../norms/norm.ts';
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
  const { selection, judge = encoder } = options;
  const { scene, passes } = recordScene(objective, encoder, attack.ball.dims, { ...options, judge });
  if (scene.judge === undefined) assertHeadless(attack, selection);
  return {
    attack,
    scene,
    selection,
    goal: options.goal ?? goalOf(attack, [objective]),
    choosesTargets: choosesTargets(attack),
    passes,
  };
}

/** A scene, keeping record of every pass that is traced in it. There are no logits without a judge. */
export function recordScene(
  objective: Objective,
  encoder: TracedEncoder,
  dims: ImageDims,
  { judge: given, augment }: Pick<PlaceOptions, 'judge' | 'augment'>,
): { readonly scene: Scene; readonly passes: () => readonly Pass[] } {
  const own = recordPasses(encoder);
  const other = given === undefined || given === encoder ? own : recordPasses(given);
  const judge = given === undefined || other.encoder.classify === undefined ? undefined : other.encoder;
  const scene: Scene = {
    inputs: declareScene(dims),
    objective,
    encoder: own.encoder,
    ...(judge === undefined ? {} : { judge }),
    ...(augment === undefined ? {} : { augment }),
  };
  return { scene, passes: () => (other === own ? own.passes : [...own.passes, ...other.passes]) };
}

/** @throws PreconditionError (PART_MISSING) for a selection or an attack that needs to know classes. */
export function assertHeadless({ name, needs, targets }: BoundAttack, selection: Selection): void {
  if (selection === 'transfer' && !needs.includes('logits') && targets === 0) return;
  const what = selection === 'transfer' ? name : 'a verdict';
  throw new PreconditionError(`${what} needs a head that says which class an image is`, {
    reason: 'PART_MISSING',
    facts: { part: 'classify', alternative: 'name a head, or select transfer with an attack that needs no logits' },
  });
}

/** What an attack on some objectives is after unless it is told: the targets, where the caller gives them. */
export function goalOf(attack: BoundAttack, objectives: readonly Objective[]): Goal {
  const takesTargets = objectives.some(({ needs }) => needs.includes('targets'));
  return takesTargets && !choosesTargets(attack) ? 'target' : 'misclassify';
}
