import { add, clip, equal, gather, mod, mul, type Value, vector, where } from '@parallax/graph';
import { elementCount } from '@parallax/tensor';
import type { Moment, Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { isLast } from '../last-step.ts';
import { accumulate, type MomentumSettings, type MomentumState, move, startMomentum } from './momentum.ts';

export type SurveyState = MomentumState & {
  /** The image to be looked at next, [N,C,H,W] in [0,1]. */
  readonly look: Value;
  /** Weighted sum of gradients, [N,C,H,W]; see {@link Survey.weights}. */
  readonly gathered: Value;
};

/** The looks of one move, the first of them in phase 0. They are taken one after the other. */
export interface Survey {
  /** Factor of the gradient of each phase in the sum, which begins anew with phase 0. */
  readonly weights: readonly number[];
  /** The phase whose look ends in a gradient for the momentum. */
  readonly turn: number;
  /** That gradient, given the one seen in this phase and the sum without and with it. */
  readonly gradient: (seen: { readonly gradient: Value; readonly before: Value; readonly after: Value }) => Value;
  /** The image to be looked at in a phase, an int64 scalar; clipped into the box by the procedure. */
  readonly place: (state: MomentumState, phase: Value, draw: Moment['draw']) => Value;
}

/**
 * Several looks a move, or looks away from the iterate. After the last move the iterate itself is looked at, so that the
 * loss that is reported is its own.
 */
export function surveyProcedure(settings: MomentumSettings, survey: Survey, ball: Ball): Procedure<SurveyState> {
  const looks = survey.weights.length;
  const steps = settings.steps * looks;
  const weights = vector(survey.weights);
  return {
    steps,
    wanders: true,
    init: (clean) => ({ ...startMomentum(clean), look: clean, gathered: mul(clean, 0) }),
    query: ({ look }) => look,
    update: ({ images, momentum, gathered: before }, { gradient }, { clean, step, draw }) => {
      const phase = mod(step, looks);
      const weighted = mul(gradient, gather(weights, phase));
      const after = looks === 1 ? weighted : add(where(equal(phase, 0), 0, before), weighted);
      const added = accumulate(momentum, survey.gradient({ gradient, before, after }), settings);
      const turned = { images, momentum: onlyIn(phase, survey.turn, looks, added, momentum) };
      const moved = move(turned, clean, settings, ball);
      const next = { ...turned, images: onlyIn(phase, looks - 1, looks, moved, images) };
      const place = clip(survey.place(next, mod(add(step, 1), looks), draw), 0, 1);
      return { ...next, gathered: after, look: where(isLast(step, steps), next.images, place) };
    },
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}

/** `then` in the given phase, else `otherwise`. */
function onlyIn(phase: Value, given: number, phases: number, then: Value, otherwise: Value): Value {
  return phases === 1 ? then : where(equal(phase, given), then, otherwise);
}

/**
 * Where the momentum alone would carry the iterate (Lin et al. 2020, eq. 6). With gradients of L1 norm 1, as the paper has
 * them, that is 1/(C·H·W) of a move away; implementations scale them to mean magnitude 1, as if they were of norm 1 in
 * Linf. This does the same for each norm: a gradient of equal magnitudes leads as far ahead as a move does.
 */
export function lookAhead({ images, momentum }: MomentumState, settings: MomentumSettings, ball: Ball): Value {
  const { norm, dims } = ball;
  const scale = elementCount(dims) / norm.diameter(dims);
  return add(images, mul(momentum, settings.stepSize * settings.decay * scale));
}
