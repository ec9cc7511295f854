import { canonicalJson, type Database, type Migration, migrate, sql } from '@parallax/store';
import type { FittedProbe } from './probe-spec.ts';

interface Schema {
  readonly fitted_probes: {
    /** See `probeKey`. */
    readonly key: string;
    /** The probe as JSON text. */
    readonly probe: string;
  };
}

const migrations: readonly Migration[] = [
  {
    name: '001-create-fitted-probes',
    up: async (transaction) => {
      await sql`create table fitted_probes (
        key text primary key,
        probe text not null,
        create_time timestamptz not null default now()
      )`.execute(transaction);
    },
  },
];

/** Remembers what was fitted, by everything that decides it. */
export class FittedProbes {
  private constructor(private readonly database: Database<Schema>) {}

  /** Creates the table if need be. */
  static async open(database: Database<unknown>): Promise<FittedProbes> {
    await migrate(database, 'probe', migrations);
    return new FittedProbes(database as unknown as Database<Schema>);
  }

  async find(key: string): Promise<FittedProbe | undefined> {
    const row = await this.database
      .selectFrom('fitted_probes')
      .select('probe')
      .where('key', '=', key)
      .executeTakeFirst();
    return row && (JSON.parse(row.probe) as FittedProbe);
  }

  /** The latest probe of a key counts: an earlier one was repeated because its head is gone. */
  async remember(key: string, fitted: FittedProbe): Promise<void> {
    const probe = canonicalJson(fitted);
    await this.database
      .insertInto('fitted_probes')
      .values({ key, probe })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ probe }))
      .execute();
  }
}
