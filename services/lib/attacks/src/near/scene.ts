import { input, type Value } from '@parallax/graph';
import type { Draw, Objective, ObjectiveContext, TracedEncoder } from '@parallax/objectives';
import type { ImageDims } from '../norms/norm.ts';

/** What stays the same while images are perturbed, as graph inputs. A graph lists those it uses. */
export interface SceneInputs {
  /** [N,C,H,W] */
  readonly clean: Value;
  /** int64 [N] */
  readonly labels: Value;
  /** int64 [N] */
  readonly targets: Value;
  /** [N,C,H,W] */
  readonly reference: Value;
  /** [M,C,H,W] */
  readonly negatives: Value;
  /** [N,M]: 1 where the image is a negative of the sample. */
  readonly negativeMask: Value;
}

export function declareScene([channels, height, width]: ImageDims): SceneInputs {
  const image = [channels, height, width];
  return {
    clean: input('clean', ['N', ...image]),
    labels: input('labels', ['N'], 'int64'),
    targets: input('targets', ['N'], 'int64'),
    reference: input('reference', ['N', ...image]),
    negatives: input('negatives', ['M', ...image]),
    negativeMask: input('negativeMask', ['N', 'M']),
  };
}

/** An objective on an encoder, before any images. */
export interface Scene {
  readonly inputs: SceneInputs;
  readonly objective: Objective;
  readonly encoder: TracedEncoder;
  /** Makes the logits that say which class an image is; absent when no head was given. */
  readonly judge?: TracedEncoder;
  readonly augment?: (images: Value, draw: Draw) => Value;
}

/** Where randomness comes from: for the images looked at, and for the negatives, which keep theirs. */
export interface SceneDraws {
  readonly own: Draw;
  readonly negatives: Draw;
}

export interface Sight {
  /** [N] */
  readonly loss: Value;
  /** [N,K]; absent without a judge. */
  readonly logits?: Value;
  readonly note?: string;
}

/** Traces objective and judge at some images [N,C,H,W]. */
export function look(scene: Scene, images: Value, draws: SceneDraws): Sight {
  const { inputs, objective, encoder, augment } = scene;
  const context: ObjectiveContext = {
    encoder,
    ...inputs,
    negatives: { images: inputs.negatives, mask: inputs.negativeMask, draw: draws.negatives },
    ...(augment === undefined ? {} : { augment }),
    draw: draws.own,
  };
  const { loss, logits, note } = objective.loss(images, context);
  const judged = scene.judge === encoder && logits !== undefined ? logits : judgement(scene, images, draws.own);
  return {
    loss,
    ...(judged === undefined ? {} : { logits: judged }),
    ...(note === undefined ? {} : { note }),
  };
}

/** Logits of the judge alone. Of a deterministic encoder this is the same pass as the objective's. */
export function judgement({ judge }: Scene, images: Value, draw: Draw): Value | undefined {
  return judge?.classify?.(judge.encode(images, draw));
}
