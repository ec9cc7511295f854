import { add, div, mul, reduceMean, reshape, sub, type Value } from '@parallax/graph';

/** Added to the variance of a patch before it is divided by, so that flat patches do not outweigh all others. */
const leastVariance = 0.01;

/**
 * Mean squared error of each sample over hidden pixels only (protocol §3.1): predicted and true patches [N, tokens, K],
 * `hidden` [N, tokens, 1] → [N].
 */
export function hiddenError(prediction: Value, target: Value, hidden: Value): Value {
  return meanOver(hidden, squares(sub(prediction, target)));
}

/**
 * The same without the error in the mean of each patch, relative to the variance of the patch: what {@link hiddenError}
 * hardly sees, edges and texture, counts as much as colour.
 */
export function hiddenDetailError(prediction: Value, target: Value, hidden: Value): Value {
  const variance = squares(centred(target));
  return meanOver(hidden, div(squares(centred(sub(prediction, target))), add(variance, leastVariance)));
}

function centred(patches: Value): Value {
  return sub(patches, reduceMean(patches, [2]));
}

/** [N, tokens, K] → [N, tokens, 1]. */
function squares(patches: Value): Value {
  return reduceMean(mul(patches, patches), [2]);
}

/** Mean of [N, tokens, 1] over the tokens where `hidden` is 1: [N]. */
function meanOver(hidden: Value, values: Value): Value {
  return reshape(div(reduceMean(mul(values, hidden), [1]), reduceMean(hidden, [1])), [-1]);
}
