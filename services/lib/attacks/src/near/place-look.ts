import { fixedDim, input, type Value } from '@parallax/graph';
import {
  assertExpressible,
  createDraws,
  type Draw,
  type DrawSpec,
  type Objective,
  scopeDraw,
  type TracedEncoder,
} from '@parallax/objectives';
import type { ImageDims } from '../norms/norm.ts';
import { gradientOf } from './observe.ts';
import { backwardPasses, forwardPasses } from './passes.ts';
import { recordScene } from './placement.ts';
import { type Cost, closeGraph, type Stage } from './program.ts';
import { look } from './scene.ts';

export interface LookOptions {
  /** Whether the gradient is wanted besides the loss. */
  readonly gradient: boolean;
  /** The encoder whose head makes the logits; none are made when absent. */
  readonly judge?: TracedEncoder;
  /** The differentiable augmentation of the encoder, for objectives that ask for it. */
  readonly augment?: (images: Value, draw: Draw) => Value;
}

/** One look at images, next to the weights: all that somebody needs who drives an attack from elsewhere. */
export interface LookProgram {
  readonly objective: Objective;
  /** Classes of the judge; absent without one. */
  readonly classes?: number;
  /** `images` and scene → `loss` [N], `gradient` [N,C,H,W] if wanted, `logits` [N,K] with a judge. */
  readonly stage: Stage;
  /** Passes of one look for one image; `backward` those that a gradient takes, also of a look without. */
  readonly cost: Cost;
  /** Sentences for the record, for example that another loss was used. */
  readonly notes: readonly string[];
}

/** What a look is for: a key of its randomness, by the names that the stages of a near attack draw under. */
export type LookPurpose = 'gradient' | 'verdict' | 'finish' | 'result';

/** The purpose that the draws of {@link LookProgram.stage} are named for; `drawsFor` names them for others. */
const tracedFor: LookPurpose = 'gradient';

/**
 * Fuses objective and encoder into the look that a step of a near attack takes, with the same draws: under equal seed,
 * sample id, restart, step and draw it sees the same.
 * @throws PreconditionError as `placeNear`.
 */
export function placeLook(
  objective: Objective,
  encoder: TracedEncoder,
  dims: ImageDims,
  options: LookOptions,
): LookProgram {
  assertExpressible(objective, encoder);
  const { scene, passes } = recordScene(objective, encoder, dims, options);
  const images = input('images', scene.inputs.clean.shape);
  const own = createDraws();
  const negatives = createDraws('M');
  const draws = { own: scopeDraw(own.draw, tracedFor), negatives: negatives.draw };
  const { loss, logits, note } = look(scene, images, draws);
  const outputs = {
    loss,
    ...(options.gradient ? { gradient: gradientOf(loss, images, objective.name) } : {}),
    ...(logits === undefined ? {} : { logits }),
  };
  return {
    objective,
    ...(logits === undefined ? {} : { classes: fixedDim(logits.shape, 1) }),
    stage: { graph: closeGraph(outputs), draws: own.specs, attackDraws: [], negativeDraws: negatives.specs },
    cost: {
      forward: forwardPasses(passes(), logits === undefined ? [loss] : [loss, logits], images),
      backward: backwardPasses(passes(), loss, images),
    },
    notes: note === undefined ? [] : [note],
  };
}

/** The draws of a look for a purpose. Under equal purpose, seed, sample id, restart, step and draw they are those of the stages. */
export function drawsFor(purpose: LookPurpose, draws: readonly DrawSpec[]): readonly DrawSpec[] {
  return draws.map((spec) => ({ ...spec, purpose: `${purpose}${spec.purpose.slice(tracedFor.length)}` }));
}
