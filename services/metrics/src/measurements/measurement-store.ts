import { createHash } from 'node:crypto';
import { ConflictError, NotFoundError } from '@parallax/config';
import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import { RecordMeasurementsRequest } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { type Database, migrate, sql, type Transaction } from '@parallax/store';
import { type MetricsSchema, measurementOf, metricsMigrations, rowOf } from './measurement-table.ts';
import type { Filter } from './parse-filter.ts';
import { RecordingBell } from './recording-bell.ts';

/** Which part of a list is wanted. */
export interface Page {
  readonly size: number;
  /** Only measurements with a smaller id; the newest when absent. */
  readonly before?: number | undefined;
}

/** Any number, as long as every replica uses the same: it names the advisory lock that recordings hold. */
const advisoryLock = 0x6d657472;
/** Rows of one insert: a statement takes at most 65535 parameters, and a row has 21. */
const rowsPerInsert = 1000;
/** Measurements sent to a watcher together. */
const mostWatched = 1000;
/** A watcher looks this often for what other processes record; what its own process records it sees at once. */
const pollMs = 500;

/** The measurements of a database. They are added and never changed. */
export class MeasurementStore {
  private readonly recorded = new RecordingBell();

  private constructor(private readonly database: Database<MetricsSchema>) {}

  /** Creates the tables if need be. */
  static async open<Schema>(database: Database<Schema>): Promise<MeasurementStore> {
    await migrate(database, 'metrics', metricsMigrations);
    return new MeasurementStore(database as unknown as Database<MetricsSchema>);
  }

  /**
   * Stores parsed measurements, all or none, and returns their ids in order. With the request id of an earlier recording
   * it stores nothing and returns the ids of that one.
   * @throws ConflictError when that recording had other contents.
   */
  async record(measurements: readonly Measurement[], requestId: string): Promise<readonly number[]> {
    const digest = digestOf(measurements);
    const ids = await this.database.transaction().execute(async (transaction) => {
      // One recording at a time: ids then become visible in their order, and a watcher that has seen an id misses none below.
      await sql`select pg_advisory_xact_lock(${advisoryLock}::bigint)`.execute(transaction);
      const earlier = requestId === '' ? undefined : await findRecording(transaction, requestId);
      if (earlier) {
        if (earlier.content_digest === digest) return earlier.ids;
        throw new ConflictError(
          `request_id: expected one not used before, got "${requestId}" with other measurements`,
          {
            reason: 'REQUEST_ID_REUSED',
          },
        );
      }
      const inserted = await insert(transaction, measurements);
      if (requestId !== '') {
        await sql`insert into recordings (request_id, content_digest, ids)
          values (${requestId}, ${digest}, ${JSON.stringify(inserted)})`.execute(transaction);
      }
      return inserted;
    });
    this.recorded.ring();
    return ids;
  }

  /** One page of measurements, the newest first. */
  async list(filter: Filter, { size, before }: Page): Promise<readonly Measurement[]> {
    let query = this.matching(filter).orderBy('id', 'desc').limit(size);
    if (before !== undefined) query = query.where('id', '<', before);
    return (await query.execute()).map(measurementOf);
  }

  /**
   * All measurements of an experiment that match, in the order of recording.
   * @throws NotFoundError when the experiment has no measurement at all.
   */
  async ofExperiment(filter: Filter & { readonly experimentId: string }): Promise<readonly Measurement[]> {
    const rows = await this.matching(filter).orderBy('id').execute();
    if (rows.length === 0) await this.assertExperiment(filter.experimentId);
    return rows.map(measurementOf);
  }

  /** Measurements with a greater id than `afterId`, as they are recorded, until the signal aborts. */
  async *watch(filter: Filter, afterId: number, signal: AbortSignal): AsyncGenerator<readonly Measurement[]> {
    for (let seen = afterId; !signal.aborted; ) {
      const next = this.recorded.wait(pollMs, signal);
      const rows = await this.matching(filter).where('id', '>', seen).orderBy('id').limit(mostWatched).execute();
      if (rows.length > 0) yield rows.map(measurementOf);
      seen = rows.at(-1)?.id ?? seen;
      if (rows.length < mostWatched) await next;
    }
  }

  private async assertExperiment(experimentId: string): Promise<void> {
    const rows = await this.matching({ experimentId }).limit(1).execute();
    if (rows.length > 0) return;
    throw new NotFoundError(`experiment_id: expected an experiment with measurements, got "${experimentId}"`, {
      reason: 'EXPERIMENT_NOT_FOUND',
      facts: { experiment: experimentId },
    });
  }

  private matching(filter: Filter) {
    let query = this.database.selectFrom('measurements').selectAll();
    const { experimentId, attack, objective, dataset, budget } = filter;
    if (experimentId !== undefined) query = query.where('experiment_id', '=', experimentId);
    if (attack !== undefined) query = query.where('attack', '=', attack);
    if (objective !== undefined) query = query.where('objective', '=', objective);
    if (dataset !== undefined) query = query.where('dataset', '=', dataset);
    if (budget !== undefined) query = query.where('norm', '=', budget.norm).where('epsilon', '=', budget.epsilon);
    if (filter.kinds?.length) query = query.where('kind', 'in', filter.kinds);
    if (filter.encoders?.length) query = query.where('encoder', 'in', filter.encoders);
    if (filter.paradigms?.length) query = query.where('paradigm', 'in', filter.paradigms);
    if (filter.features?.length) query = query.where('feature', 'in', filter.features);
    if (filter.seeds?.length) query = query.where('seed', 'in', filter.seeds);
    return query;
  }
}

async function findRecording(transaction: Transaction<MetricsSchema>, requestId: string) {
  return transaction.selectFrom('recordings').selectAll().where('request_id', '=', requestId).executeTakeFirst();
}

async function insert(
  transaction: Transaction<MetricsSchema>,
  measurements: readonly Measurement[],
): Promise<readonly number[]> {
  const now = new Date();
  const ids: number[] = [];
  for (let start = 0; start < measurements.length; start += rowsPerInsert) {
    const rows = measurements.slice(start, start + rowsPerInsert).map((measurement) => rowOf(measurement, now));
    const inserted = await transaction.insertInto('measurements').values(rows).returning('id').execute();
    ids.push(...inserted.map(({ id }) => id));
  }
  return ids;
}

function digestOf(measurements: readonly Measurement[]): string {
  const bytes = RecordMeasurementsRequest.encode({ measurements, requestId: '' }).finish();
  return createHash('sha256').update(bytes).digest('hex');
}
