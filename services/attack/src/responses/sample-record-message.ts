import type { SampleRecord } from '@parallax/attacks';
import type { SampleRecord as SampleRecordMessage } from '@parallax/proto/parallax/attack/v1/sample_record';

/** A record in the words of the contracts. */
export function sampleRecordMessage(record: SampleRecord): SampleRecordMessage {
  return {
    ...record,
    sample: BigInt(record.sample),
    seed: BigInt(record.seed),
    brokenAtStep: record.brokenAtStep,
    target: record.target,
    verdictVotes: record.verdictVotes,
    verdictDraws: record.verdictDraws,
    verdictLower: record.verdictLower,
    verdictUpper: record.verdictUpper,
    heads: (record.heads ?? []).map((head) => ({
      ...head,
      verdictVotes: head.verdictVotes,
      verdictDraws: head.verdictDraws,
    })),
  };
}
