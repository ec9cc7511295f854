import { div, mul, reduceMean, reshape, sub, type Value } from '@parallax/graph';

/**
 * Mean squared error of each sample over hidden pixels only (protocol §3.1): predicted and true patches [N, tokens, K],
 * `hidden` [N, tokens, 1] → [N].
 */
export function hiddenError(prediction: Value, target: Value, hidden: Value): Value {
  const error = sub(prediction, target);
  const perPatch = reduceMean(mul(error, error), [2]);
  return reshape(div(reduceMean(mul(perPatch, hidden), [1]), reduceMean(hidden, [1])), [-1]);
}
