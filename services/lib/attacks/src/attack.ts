import { InputError } from '@parallax/config';
import type { Value } from '@parallax/graph';
import type { Draw, Objective, ObjectiveKind, ObjectiveSpec } from '@parallax/objectives';
import type { Ball } from './budget.ts';
import type { NormName } from './norms/norm.ts';
import { type GivenOptions, type OptionsOf, type OptionTable, type OptionValue, parseOptions } from './options.ts';
import type { PixelGrid } from './pixel-grid.ts';

/** Attacks of one kind, for display. */
export type AttackFamily = 'fixedBudget' | 'transfer' | 'minimumNorm' | 'gradientFree' | 'cascade' | 'baseline';

/** Something an attack must see at each step. */
export type ObservationKind = 'logits' | 'loss' | 'gradient';

/**
 * What an attack remembers between steps, by name. Every value has leading axis N and row i depends on sample i alone, so
 * that a sample can leave the batch.
 */
export type State = Readonly<Record<string, Value>>;

/**
 * What was seen at the images of {@link Procedure.query}, averaged over draws. Gradient, and logits with what follows from
 * them, are there for attacks whose `needs` name them; asking for them otherwise is a GraphError.
 */
export interface Observation {
  /** The objective, [N]: to be increased. */
  readonly loss: Value;
  /** Its gradient with respect to the images, [N,C,H,W]. */
  readonly gradient: Value;
  /** What the judge says, [N,K]. */
  readonly logits: Value;
  /** Whether these logits are what the attack is after, bool [N]: another class than the label, or the target. */
  readonly reached: Value;
}

/** What does not belong to the state of a sample. */
export interface Moment {
  /** [N,C,H,W] in [0,1]: the middle of the ball. */
  readonly clean: Value;
  /** Updates made before this one, an int64 scalar. */
  readonly step: Value;
  /** Randomness of this update: fresh at every step. */
  readonly draw: Draw;
  /** True classes, int64 [N]. An attack that uses them cannot run without labels. */
  readonly labels: Value;
  /** The class aimed at, int64 [N]: that of {@link Procedure.aim}, else that of the variant, else that of the batch. */
  readonly targets: Value;
}

/** Which start of several begins. */
export interface Beginning {
  /** Restarts before this one, toward the same target where the attack chooses them: an int64 scalar. */
  readonly restart: Value;
  /**
   * Classes besides the label, int64 [N,T], the one of highest logits on the clean image first; absent unless the attack
   * chooses targets.
   */
  readonly rivals?: Value;
}

/**
 * The traced functions of one attack under given options and ball. They are pure: values in, values out; randomness comes
 * from `draw`. Nothing here promises to stay in the budget; whoever stores an image measures it.
 *
 * There is one look a step. An attack that needs several for one move (neighbours, finite differences, one gradient a
 * class) makes them one after the other and remembers in its state where it is.
 */
export interface Procedure<S extends State = State> {
  /** Updates, and so looks, one a step. */
  readonly steps: number;
  /**
   * Looks may lie outside the ball, or be images that the attack would not return: they break a sample only where they are
   * inside. Without it every look is taken to be inside.
   */
  readonly wanders?: boolean;
  /** Where to start. */
  init(clean: Value, draw: Draw, beginning: Beginning): S;
  /** The images to be looked at next, [N,C,H,W] in [0,1]. */
  query(state: S): Value;
  /** The class that the next look is aimed at, int64 [N], for objectives that take targets. */
  aim?(state: S): Value;
  update(state: S, observation: Observation, moment: Moment): S;
  /**
   * Whether a start has nothing more to do for a sample: → bool [N]. Its state stays as it is then, and soon the sample leaves
   * the batch, as if the last step had been made. Default: never before.
   */
  done?(state: S): Value;
  /** The images to be returned, inside the ball, and the loss there, once the last query has been looked at. */
  result(
    state: S,
    last: { readonly loss: Value; readonly clean: Value },
  ): { readonly images: Value; readonly loss: Value };
}

/** An attack ready to be placed. */
export interface BoundAttack {
  readonly name: string;
  /** Complete: what was not given has its default or what was derived for it. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly ball: Ball;
  /** Independent starts; the best result of each sample is kept. */
  readonly restarts: number;
  /**
   * Classes aimed at, each from `restarts` starts or all within one: those with the highest logits on the clean image
   * besides the label, at most as many as there are. 0: the attack chooses no targets.
   */
  readonly targets: number;
  /**
   * The procedure for so many targets, of attacks that aim at all of them within one start, look by look. `procedure` is the
   * one for `targets`; placement puts the one for as many as there are in its place.
   */
  readonly procedureFor?: (targets: number) => Procedure;
  readonly needs: readonly ObservationKind[];
  /** As of {@link Attack.objectiveKinds}. */
  readonly objectiveKinds?: readonly ObjectiveKind[];
  /** Which images it may look at and return. */
  readonly grid: PixelGrid;
  readonly procedure: Procedure;
}

/** The same attack, where there are so many classes to aim at. */
export function withTargets(attack: BoundAttack, targets: number): BoundAttack {
  const { procedure, procedureFor } = attack;
  return { ...attack, targets, procedure: procedureFor === undefined ? procedure : procedureFor(targets) };
}

/** Classes that are aimed at one after the other, each from starts of its own; 1 where all are aimed at within a start. */
export function rounds({ targets, procedureFor }: Pick<BoundAttack, 'targets' | 'procedureFor'>): number {
  return procedureFor === undefined ? Math.max(1, targets) : 1;
}

/** Whether the classes aimed at come from the attack and not from the caller. */
export function choosesTargets({ targets, procedure }: Pick<BoundAttack, 'targets' | 'procedure'>): boolean {
  return targets > 0 || procedure.aim !== undefined;
}

/** An attack as a value: described well enough to be cited, rendered as a form, and run. */
export interface Attack {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What it does, in a few sentences. */
  readonly summary: string;
  /** Citation. */
  readonly paper: string;
  readonly family: AttackFamily;
  readonly norms: readonly NormName[];
  readonly options: OptionTable;
  readonly needs: readonly ObservationKind[];
  /** The objective used when none is named. */
  readonly objective: ObjectiveSpec;
  /** Whether the objective is part of what the attack's name means, so that no other may be given. */
  readonly objectiveFixed: boolean;
  /** The only kinds of objective that it can follow, for example those whose sign says what breaks. Default: all. */
  readonly objectiveKinds?: readonly ObjectiveKind[];
  /**
   * Fixes options and ball.
   * @throws InputError for an option that is unknown, out of range or without use, or a norm the attack does not know.
   */
  readonly bind: (given: GivenOptions, ball: Ball) => BoundAttack;
}

/** What {@link Attack.bind} makes of parsed options. */
export type Binding = Pick<BoundAttack, 'options' | 'restarts' | 'procedure'> &
  Partial<Pick<BoundAttack, 'targets' | 'procedureFor'>>;

/** An attack whose binding knows the types of its options. */
export interface AttackDefinition<T extends OptionTable> extends Omit<Attack, 'bind' | 'options'> {
  readonly options: T;
  readonly bind: (options: OptionsOf<T>, ball: Ball) => Binding;
}

/** Makes an attack out of its definition: options are parsed and the norm is checked before it binds. */
export function defineAttack<T extends OptionTable>(definition: AttackDefinition<T>): Attack {
  const { name, norms, needs, options, objectiveKinds } = definition;
  const kinds = objectiveKinds === undefined ? {} : { objectiveKinds };
  return {
    ...definition,
    bind: (given, ball) => {
      const parsed = parseOptions(options, given);
      if (!norms.includes(ball.norm.name)) {
        const expected = `one of ${norms.join(', ')} for ${name}`;
        throw new InputError([{ field: 'budget.norm', expected, got: ball.norm.name }]);
      }
      return { name, ball, needs, targets: 0, grid: 'float32', ...kinds, ...definition.bind(parsed, ball) };
    },
  };
}

/** @throws InputError for an objective that the attack cannot follow. */
export function assertFollows({ name, objectiveKinds }: BoundAttack, objective: Objective): void {
  if (objectiveKinds === undefined || objectiveKinds.some((kind) => kind === objective.name)) return;
  const expected = `one of ${objectiveKinds.join(', ')}, as ${name} follows no other`;
  throw new InputError([{ field: 'objective', expected, got: objective.name }]);
}
