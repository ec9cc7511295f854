import { type Difference, type Predict, replay } from '@parallax/attacks';
import type { Dataset } from '@parallax/datasets';
import { type Judge, predictClasses } from '@parallax/messages';
import type { CallOptions } from '@parallax/rpc';
import { gatherBatch, type Tensor } from '@parallax/tensor';
import type { OpenedRecord } from './open-record.ts';

/** What a record is replayed with. */
export interface ReplayGround {
  /** The clean images. */
  readonly dataset: Dataset;
  /** [N,C,H,W]: the stored ones, in the same order. */
  readonly stored: Tensor<'float32'>;
  /** At least one; several judge together. */
  readonly judges: readonly Judge[];
}

/** Images of one call. */
const batchSize = 128;

/** Makes the records of the stored images anew, and compares. `report` hears how many are done. */
export async function replayRecord(
  { header, records }: OpenedRecord,
  { dataset, stored, judges }: ReplayGround,
  options: CallOptions,
  report: (done: number) => void,
): Promise<readonly Difference[]> {
  const { attack, budget, verdictRule, seed } = header;
  const [predict, ...others] = judges.map(
    (judge): Predict =>
      (images, sampleIds, how) =>
        predictClasses(judge, { images, sampleIds }, how, options),
  );
  if (predict === undefined) throw new RangeError('judges: expected at least one, got none');
  const count = Math.min(records.length, dataset.length, stored.dims[0] ?? 0);
  const differences: Difference[] = [];
  report(0);
  for (let start = 0; start < count; start += batchSize) {
    const rows = Array.from({ length: Math.min(batchSize, count - start) }, (_, offset) => start + offset);
    const targets = records
      .slice(start, start + rows.length)
      .flatMap(({ target }) => (target === undefined ? [] : [target]));
    const found = await replay({
      attack,
      budget,
      verdictRule,
      seed: BigInt(seed),
      clean: dataset.images(rows),
      stored: gatherBatch(stored, rows),
      labels: rows.map((row) => dataset.labels[row] ?? -1),
      ...(targets.length > 0 && { targets }),
      sampleIds: rows.map((row) => dataset.sampleIds[row] ?? -1),
      records: records.slice(start, start + rows.length),
      predict,
      others,
    });
    differences.push(...found);
    report(start + rows.length);
  }
  return differences;
}
