import { fixedDim, input, type Value } from '@parallax/graph';
import {
  assertExpressible,
  createDraws,
  type Draw,
  type Objective,
  scopeDraw,
  type TracedEncoder,
} from '@parallax/objectives';
import type { ImageDims } from '../norms/norm.ts';
import { gradientOf } from './observe.ts';
import { closeGraph, type Stage } from './program.ts';
import { declareScene, look, type Scene } from './scene.ts';

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
}

/**
 * Fuses objective and encoder into the look that a step of a near attack takes, with the same draws: under equal seed,
 * sample id, restart, step and draw it sees the same.
 * @throws PreconditionError as `placeNear`.
 */
export function placeLook(
  objective: Objective,
  encoder: TracedEncoder,
  dims: ImageDims,
  { gradient, judge, augment }: LookOptions,
): LookProgram {
  assertExpressible(objective, encoder);
  const scene: Scene = {
    inputs: declareScene(dims),
    objective,
    encoder,
    ...(judge === undefined ? {} : { judge }),
    ...(augment === undefined ? {} : { augment }),
  };
  const images = input('images', scene.inputs.clean.shape);
  const own = createDraws();
  const negatives = createDraws('M');
  const { loss, logits } = look(scene, images, { own: scopeDraw(own.draw, 'gradient'), negatives: negatives.draw });
  const outputs = {
    loss,
    ...(gradient ? { gradient: gradientOf(loss, images, objective.name) } : {}),
    ...(logits === undefined ? {} : { logits }),
  };
  return {
    objective,
    ...(logits === undefined ? {} : { classes: fixedDim(logits.shape, 1) }),
    stage: { graph: closeGraph(outputs), draws: own.specs, attackDraws: [], negativeDraws: negatives.specs },
  };
}
