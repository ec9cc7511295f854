import type { FoundEncoder, ParsedObjective } from '@parallax/messages';
import type { ObjectiveSpec } from '@parallax/objectives';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';

/** An encoder that is attacked, and the head that judges. */
export interface FoundSource extends FoundEncoder {
  /** Its place among the sources of the request. */
  readonly index: number;
  /** Absent: the encoder's own. */
  readonly head: HeadRef | undefined;
  /** In the sum, > 0. */
  readonly weight: number;
}

/** The same, with what is increased. */
export interface Source extends FoundSource {
  /** One for each stage of the attack. */
  readonly objectives: readonly ParsedObjective[];
}

/** Shape of one image of an encoder. */
export function imageShape({ encoder }: FoundEncoder): readonly [number, number, number] {
  const [channels = 0, height = 0, width = 0] = encoder.inputShape;
  return [channels, height, width];
}

/** Everything that is increased, over all sources and stages. */
export function objectivesOf(sources: readonly Source[]): readonly ObjectiveSpec[] {
  return sources.flatMap(({ objectives }) => objectives.map(({ spec }) => spec));
}
