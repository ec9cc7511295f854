import { once } from 'node:events';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { type Migration, migrate } from './migrations.ts';

interface Schema {
  readonly counters: { readonly name: string; readonly value: number };
}

const createCounters: Migration = {
  name: '001-create-counters',
  up: async (transaction) => {
    await transaction.schema
      .createTable('counters')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'bigint', (column) => column.notNull())
      .execute();
  },
};

/** What Parallax asks of a database server. `start` gives the address of an empty one. */
export function databaseContract(
  name: string,
  start: () => Promise<{ readonly url: string; close(): Promise<void> }>,
): void {
  describe(`${name} as a database`, () => {
    let server: Awaited<ReturnType<typeof start>>;
    let pools: Database<Schema>[];

    beforeAll(async () => {
      server = await start();
      pools = await Promise.all(Array.from({ length: 6 }, () => openDatabase<Schema>(server.url)));
      await Promise.all(pools.map((pool) => migrate(pool, 'counting', [createCounters])));
    });
    afterAll(async () => {
      for (const pool of pools ?? []) await pool.destroy();
      await server?.close();
    });

    it('applies the migrations of an owner once, in order, whoever comes first', async () => {
      const [database] = pools as [Database<Schema>];
      const addLimit: Migration = {
        name: '002-add-limit',
        up: async (transaction) => {
          await sql`alter table counters add column upper_limit integer`.execute(transaction);
        },
      };
      await Promise.all(pools.map((pool) => migrate(pool, 'counting', [createCounters, addLimit])));
      await migrate(database, 'other owner', [{ name: '001-nothing', up: async () => {} }]);
      const { rows } = await sql<{ owner: string; name: string }>`select owner, name from migrations
        order by owner, position`.execute(database);
      expect(rows).toEqual([
        { owner: 'counting', name: '001-create-counters' },
        { owner: 'counting', name: '002-add-limit' },
        { owner: 'other owner', name: '001-nothing' },
      ]);
      await expect(migrate(database, 'counting', [createCounters])).rejects.toThrow(
        'migrations of counting: expected no more than 1 at position 1, got 002-add-limit',
      );
    });

    it('undoes a migration that fails', async () => {
      const [database] = pools as [Database<Schema>];
      const failing: Migration = {
        name: '001-fail',
        up: async (transaction) => {
          await sql`create table half (x integer)`.execute(transaction);
          await sql`insert into half values ('not a number')`.execute(transaction);
        },
      };
      await expect(migrate(database, 'failing', [failing])).rejects.toThrow('invalid input syntax');
      const { rows } = await sql<{ found: unknown }>`select to_regclass('half') as found`.execute(database);
      expect(rows).toEqual([{ found: null }]);
    });

    it('keeps many clients apart: statements, errors and transactions', async () => {
      const rounds = 30;
      await sql`insert into counters values ('shared', 0)`.execute(pools[0] as Database<Schema>);
      const work = pools.flatMap((pool, index) => [
        (round: number) => echo(pool, index * rounds + round),
        (round: number) => expect(echo(pool, `text ${round}`)).resolves.toBeUndefined(),
        () => expect(sql`select ${1} from nowhere`.execute(pool)).rejects.toThrow('"nowhere" does not exist'),
        () => increment(pool),
      ]);
      await Promise.all(
        work.map(async (action) => {
          for (let round = 0; round < rounds; round++) await action(round);
        }),
      );
      const { rows } = await sql`select value from counters where name = 'shared'`.execute(
        pools[0] as Database<Schema>,
      );
      expect(rows).toEqual([{ value: rounds * pools.length }]);
    });

    it('lets no client into the middle of what another one says', async () => {
      await using slow = await connect(server.url);
      const [other] = pools as [Database<Schema>];
      // What pg sends for one query with parameters, with a pause where another client could slip in.
      const { connection } = slow.client as unknown as { connection: pg.Connection };
      const rows: unknown[] = [];
      connection.on('dataRow', (message: { fields: Buffer[] }) => rows.push(...message.fields.map(String)));
      slow.client.on('error', () => undefined);
      connection.parse({ name: '', text: 'select $1::int * 2', types: [] }, true);
      connection.flush();
      const second = echo(other, 'me too');
      await new Promise((resolve) => setTimeout(resolve, 50));
      connection.bind({ values: ['21'] }, true);
      connection.execute({ rows: '0' }, true);
      connection.sync();
      await Promise.all([second, once(connection, 'readyForQuery')]);
      expect(rows).toEqual(['42']);
    });

    it('rolls back for a client that vanishes, and serves the others', async () => {
      const [other] = pools as [Database<Schema>];
      const vanishing = await connect(server.url);
      vanishing.client.on('error', () => undefined);
      await vanishing.client.query('begin');
      await vanishing.client.query("insert into counters values ('ghost', 1)");
      vanishing.destroy();
      const midSentence = await connect(server.url);
      midSentence.client.on('error', () => undefined);
      const { connection } = midSentence.client as unknown as { connection: pg.Connection };
      connection.parse({ name: '', text: 'select $1 from nowhere', types: [] }, true);
      connection.flush();
      await new Promise((resolve) => setTimeout(resolve, 50));
      midSentence.destroy();
      expect((await sql`select * from counters where name = 'ghost'`.execute(other)).rows).toEqual([]);
    });

    it('reads 64-bit integers as numbers, instants as dates, JSON as values', async () => {
      const [database] = pools as [Database<Schema>];
      const { rows } = await sql`select 9007199254740991::bigint as i, timestamptz '2020-01-02T03:04:05.678Z' as t,
        '{"a":[1,null]}'::json as j`.execute(database);
      expect(rows).toEqual([{ i: 2 ** 53 - 1, t: new Date('2020-01-02T03:04:05.678Z'), j: { a: [1, null] } }]);
    });

    it('says where it expected a server when there is none', async () => {
      await expect(openDatabase('postgres://nobody:secret@127.0.0.1:1/none')).rejects.toThrow(
        /^database: expected a Postgres server at 127\.0\.0\.1:1\/none, got .*ECONNREFUSED/,
      );
      await expect(openDatabase('http://127.0.0.1')).rejects.toThrow(
        'database: expected postgres://user:password@host:port/name, got an address that begins with http://',
      );
    });
  });
}

async function echo(database: Database<Schema>, value: string | number): Promise<void> {
  const type = sql.raw(typeof value === 'number' ? 'int' : 'text');
  const { rows } = await sql`select ${value}::${type} as echo`.execute(database);
  expect(rows).toEqual([{ echo: value }]);
}

/** Reads and writes in two statements: loses counts unless the transaction keeps others out. */
async function increment(database: Database<Schema>): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ value: number }>`select value from counters
      where name = 'shared' for update`.execute(transaction);
    await sql`update counters set value = ${(rows[0]?.value ?? 0) + 1} where name = 'shared'`.execute(transaction);
  });
}

/** A bare connection, outside of any pool. */
async function connect(url: string): Promise<{ client: pg.Client; destroy(): void } & AsyncDisposable> {
  const client = new pg.Client(url);
  await client.connect();
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  const destroy = () => connection.stream.destroy();
  return { client, destroy, [Symbol.asyncDispose]: async () => destroy() };
}
