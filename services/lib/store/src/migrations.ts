import { sql } from 'kysely';
import type { Database } from './database.ts';

/** One step from a schema to the next. Once released it is never changed: what must change gets a step of its own. */
export interface Migration {
  /** Unique among the owner's migrations, such as `001-create-runs`. */
  readonly name: string;
  /** Receives a transaction. */
  readonly up: (transaction: Database<unknown>) => Promise<void>;
}

/** Says that the database was migrated by a newer or another program. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Any number, as long as everybody uses the same: it names the advisory lock that migrations hold. */
const advisoryLock = 0x706c6c78;

/**
 * Brings the tables of one owner (a service or package) up to date: applies in order, in one transaction, those of its
 * migrations that the database has not seen. Processes that start together take turns.
 * @throws MigrationError when what was applied before is not how this list begins; nothing is changed then.
 */
export async function migrate<Schema>(
  database: Database<Schema>,
  owner: string,
  migrations: readonly Migration[],
): Promise<void> {
  await database.transaction().execute(async (typed) => {
    const transaction = typed as unknown as Database<unknown>;
    await sql`select pg_advisory_xact_lock(${advisoryLock}::bigint)`.execute(transaction);
    await createMigrationTable(transaction);
    const applied = await appliedMigrations(transaction, owner);
    assertPrefix(applied, migrations, owner);
    for (const [index, migration] of migrations.entries()) {
      if (index < applied.length) continue;
      await migration.up(transaction);
      await sql`insert into migrations (owner, position, name)
        values (${owner}, ${index}, ${migration.name})`.execute(transaction);
    }
  });
}

async function createMigrationTable(database: Database<unknown>): Promise<void> {
  await sql`create table if not exists migrations (
    owner text not null,
    position integer not null,
    name text not null,
    applied_time timestamptz not null default now(),
    primary key (owner, position)
  )`.execute(database);
}

async function appliedMigrations(database: Database<unknown>, owner: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from migrations
    where owner = ${owner} order by position`.execute(database);
  return rows.map(({ name }) => name);
}

function assertPrefix(applied: readonly string[], known: readonly Migration[], owner: string): void {
  const index = applied.findIndex((name, position) => name !== known[position]?.name);
  if (index === -1) return;
  const expected = known[index]?.name ?? `no more than ${known.length}`;
  throw new MigrationError(`migrations of ${owner}: expected ${expected} at position ${index}, got ${applied[index]}`);
}
