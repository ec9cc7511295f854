import type { LookRequest, Observer, Seen } from '@parallax/attacks';
import {
  ValueAndGradientSessionRequest_Purpose as Purpose,
  type ValueAndGradientSessionResponse as Response,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { decodeTensor, encodeTensor, float32 } from '@parallax/tensor';
import type { LookSession } from './look-session.ts';

const purposes: { readonly [P in LookRequest['purpose']]: Purpose } = {
  gradient: Purpose.GRADIENT,
  verdict: Purpose.VERDICT,
  finish: Purpose.FINISH,
  result: Purpose.RESULT,
};

/** Looks through an encoder service, which sees what the encoder would see next to its weights. */
export function observe(session: LookSession): Observer {
  return {
    look: async ({ samples, images, targets = [], purpose, gradient, ...key }) => {
      const query = { rows: samples, images: encodeTensor(images), targets, purpose: purposes[purpose], ...key };
      const withLogits = session.plan.classes > 0;
      return seenOf(await session.look({ ...query, valueOnly: !gradient, withLogits }));
    },
  };
}

function seenOf({ values, gradient, logits }: Response): Seen {
  return {
    loss: float32([values.length], Float32Array.from(values)),
    ...(gradient && { gradient: decodeTensor(gradient) }),
    ...(logits && { logits: decodeTensor(logits) }),
  };
}
