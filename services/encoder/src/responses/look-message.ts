import type { ValueAndGradientResponse } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Results } from '@parallax/runtime';
import { encodeTensor, toNumbers } from '@parallax/tensor';
import { outputOf } from '../passes/in-parts.ts';

/** What a look has seen. */
export function lookMessage(results: Results): ValueAndGradientResponse {
  const { gradient, logits } = results;
  return {
    values: toNumbers(outputOf(results, 'loss')),
    gradient: gradient && encodeTensor(gradient),
    logits: logits && encodeTensor(logits),
  };
}
