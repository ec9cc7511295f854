import { ExperimentResult, StageProgress } from '@parallax/proto/parallax/experiment/v1/experiment';
import { type Database, migrate, sql } from '@parallax/store';

interface Tables {
  readonly experiments: { readonly id: string; readonly progress: Uint8Array; readonly result: Uint8Array };
}

/** Where an experiment is and what it has found so far. */
export interface Findings {
  readonly progress: StageProgress | undefined;
  readonly result: ExperimentResult;
}

/** Remembers what experiments have found, while they run and afterwards: one row each, replaced as more is known. */
export class ExperimentLedger {
  private constructor(private readonly database: Database<Tables>) {}

  static async open(database: Database<unknown>): Promise<ExperimentLedger> {
    await migrate(database, 'experiment', [
      {
        name: '001-create-experiments',
        up: async (transaction) => {
          await sql`create table experiments (id text primary key, progress bytea not null, result bytea not null)`.execute(
            transaction,
          );
        },
      },
    ]);
    return new ExperimentLedger(database as Database<Tables>);
  }

  async write(id: string, { progress, result }: Findings): Promise<void> {
    const row = {
      progress: StageProgress.encode(progress ?? StageProgress.create({})).finish(),
      result: ExperimentResult.encode(result).finish(),
    };
    await this.database
      .insertInto('experiments')
      .values({ id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }

  /** Nothing found yet is an empty result. */
  async read(id: string): Promise<Findings> {
    const row = await this.database.selectFrom('experiments').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return { progress: undefined, result: ExperimentResult.create({}) };
    return { progress: StageProgress.decode(row.progress), result: ExperimentResult.decode(row.result) };
  }
}
