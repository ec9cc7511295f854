import { mul, reduceMean, reshape, sub, type Value } from '@parallax/graph';

/** Mean squared error of the predicted noise of each sample (protocol §3.1): two [N, C, H, W] → [N]. */
export function noiseError(prediction: Value, noise: Value): Value {
  const error = sub(prediction, noise);
  return reshape(reduceMean(mul(error, error), [1, 2, 3]), [-1]);
}
