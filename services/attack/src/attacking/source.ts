import type { FoundEncoder } from '@parallax/messages';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Objective } from '@parallax/proto/parallax/objective/v1/objective';

/** The encoder that is attacked, the head that judges, and what is increased. */
export interface Source extends FoundEncoder {
  /** Absent: the encoder's own. */
  readonly head: HeadRef | undefined;
  /** Absent: the attack's default. */
  readonly objective: Objective | undefined;
}

/** Shape of one image of an encoder. */
export function imageShape({ encoder }: FoundEncoder): readonly [number, number, number] {
  const [channels = 0, height = 0, width = 0] = encoder.inputShape;
  return [channels, height, width];
}
