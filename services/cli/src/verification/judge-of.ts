import type { Difference } from '@parallax/attacks';
import { CorruptDataError } from '@parallax/config';
import { type EncoderDirectory, encoderIdentity, type Judge, sourceOf } from '@parallax/messages';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { CallOptions } from '@parallax/rpc';
import { differentEntries } from './differences.ts';
import type { RecordHeader } from './record-header.ts';

/** Who judged, as far as it still goes by the same name, and where it is another. */
export interface FoundJudge {
  readonly judge: Judge;
  readonly differences: readonly Difference[];
}

/** Finds the encoder of a record, and compares it part by part. @throws NotFoundError when nobody has it. */
export async function judgeOf(
  { encoders, draws }: RecordHeader,
  directory: EncoderDirectory,
  options: CallOptions,
): Promise<FoundJudge> {
  const [recorded, ...others] = encoders;
  if (recorded === undefined || others.length > 0) {
    throw new CorruptDataError(`records: line 1: encoders: expected one, got ${encoders.length}`);
  }
  const { head: _, ...identity } = recorded;
  const { paradigm, ...rest } = identity;
  const { encoder, head } = sourceOf({ ...rest, ...(paradigm && { paradigm }), head: recorded.head });
  const found = await directory.find(encoder ?? EncoderRef.create({ name: recorded.name }), options);
  return {
    judge: { source: { ...found, head }, draws: draws.verdict },
    differences: differentEntries('header.encoders.0.', identity, { ...encoderIdentity(found.encoder) }),
  };
}
