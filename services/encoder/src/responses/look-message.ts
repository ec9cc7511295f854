import type {
  ValueAndGradientResponse,
  ValueAndGradientSessionResponse,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Results } from '@parallax/runtime';
import { encodeTensor, toNumbers } from '@parallax/tensor';
import { outputOf } from '../passes/in-parts.ts';
import type { LookPlan } from '../passes/plan-looks.ts';

/** What a look has seen. */
export function lookMessage(results: Results): ValueAndGradientResponse {
  const { gradient, logits } = results;
  return {
    values: toNumbers(outputOf(results, 'loss')),
    gradient: gradient && encodeTensor(gradient),
    logits: logits && encodeTensor(logits),
  };
}

/** The answer to a query of a session. */
export function sessionLookMessage(results: Results): ValueAndGradientSessionResponse {
  return { ...lookMessage(results), plan: undefined };
}

/** The answer to the opening of a session. */
export function lookPlanMessage({ classes = 0, ...plan }: LookPlan): ValueAndGradientSessionResponse {
  return { values: [], gradient: undefined, logits: undefined, plan: { classes, ...plan } };
}
