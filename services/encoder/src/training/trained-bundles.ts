import type { Database } from '@parallax/store';
import type { EncoderSchema } from '../encoders/encoder-table.ts';
import type { TrainingMetrics } from './training-spec.ts';

/** A bundle that was trained before. */
export interface TrainedBundle {
  readonly bundleDigest: string;
  readonly metrics: TrainingMetrics;
}

/** Remembers what was trained, by the key of the training, for all deployments. */
export class TrainedBundles {
  private readonly database: Database<EncoderSchema>;

  /** The tables are those of the encoder registry, which makes them. */
  constructor(database: Database<unknown>) {
    this.database = database as unknown as Database<EncoderSchema>;
  }

  async find(key: string): Promise<TrainedBundle | undefined> {
    const rows = this.database.selectFrom('trained_bundles').selectAll().where('key', '=', key);
    const row = await rows.executeTakeFirst();
    return row && { bundleDigest: row.bundle_digest, metrics: JSON.parse(row.metrics) as TrainingMetrics };
  }

  /** The latest training of a key counts: an earlier one was repeated because its artifacts are gone. */
  async remember(key: string, { bundleDigest, metrics }: TrainedBundle): Promise<void> {
    const row = { bundle_digest: bundleDigest, metrics: JSON.stringify(metrics) };
    await this.database
      .insertInto('trained_bundles')
      .values({ key, ...row })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute();
  }
}
