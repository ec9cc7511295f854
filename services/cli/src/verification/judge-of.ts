import type { Difference } from '@parallax/attacks';
import { type EncoderDirectory, encoderIdentity, type Judge, sourceOf } from '@parallax/messages';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { CallOptions } from '@parallax/rpc';
import { differentEntries } from './differences.ts';
import type { RecordHeader } from './record-header.ts';

/** Who judged, as far as it still goes by the same name, and where it is another. */
export interface FoundJudges {
  /** At least one, in the order of the record. */
  readonly judges: readonly Judge[];
  readonly differences: readonly Difference[];
}

/** Finds the encoders of a record, and compares each part by part. @throws NotFoundError when nobody has one. */
export async function judgesOf(
  { encoders, draws }: RecordHeader,
  directory: EncoderDirectory,
  options: CallOptions,
): Promise<FoundJudges> {
  const found = await Promise.all(
    encoders.map(async ({ name, paradigm, sha256, parts, head: recordedHead }, index) => {
      const identity = { name, ...(paradigm && { paradigm }), sha256, parts };
      const { encoder, head } = sourceOf({ ...identity, head: recordedHead });
      const source = await directory.find(encoder ?? EncoderRef.create({ name }), options);
      const others = differentEntries(`header.encoders.${index}.`, identity, { ...encoderIdentity(source.encoder) });
      return { judge: { source: { ...source, head }, draws: draws.verdict }, differences: others };
    }),
  );
  return { judges: found.map(({ judge }) => judge), differences: found.flatMap(({ differences }) => differences) };
}
