import { InputError } from '@parallax/config';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';

/** A database whose tables are `Schema`. `destroy()`, or the end of an `await using` scope, closes its connections. */
export type Database<Schema> = Kysely<Schema>;

export interface DatabaseOptions {
  /** Most connections held at a time. Default 4: the embedded database has one backend for all of them anyway. */
  readonly poolSize?: number;
  /** Told of connections lost while idle; the pool replaces them by itself. */
  readonly onConnectionLost?: (error: Error) => void;
}

const defaultPoolSize = 4;
const connectTimeoutMs = 10_000;

/**
 * Connects to a Postgres database, embedded or not, and makes sure that it answers. 64-bit integers are read as numbers.
 *
 * Inside `transaction()` use the transaction only: a query that goes around it waits, on the embedded database, for the
 * transaction to end.
 * @throws InputError when the address is no Postgres address; DatabaseUnreachableError when nothing answers there.
 */
export async function openDatabase<Schema>(url: string, options: DatabaseOptions = {}): Promise<Database<Schema>> {
  const address = parseDatabaseUrl(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? defaultPoolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    types: { getTypeParser },
  });
  pool.on('error', (error) => options.onConnectionLost?.(error));
  const database = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`select 1`.execute(database);
  } catch (cause) {
    await database.destroy();
    throw new DatabaseUnreachableError(`${address.hostname}:${address.port || 5432}${address.pathname}`, cause);
  }
  return database;
}

/** Nothing at the address of the database answers, or it refuses us. `address` is host:port/database. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';

  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    super(`database: expected a Postgres server at ${address}, got ${cause instanceof Error ? reason(cause) : cause}`, {
      cause,
    });
  }
}

/** A connection refused on every address of a host has an empty message; its code then says what happened. */
function reason(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function parseDatabaseUrl(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address && /^postgres(ql)?:$/.test(address.protocol)) return address;
  const got = address ? `an address that begins with ${address.protocol}//` : 'something else';
  throw new InputError([{ field: 'database', expected: 'postgres://user:password@host:port/name', got }]);
}

/** pg reads 64-bit integers (counts, sizes, identities) as text by default; none of ours exceeds 2^53. */
function getTypeParser(...[id, format]: Parameters<typeof pg.types.getTypeParser>): (text: string) => unknown {
  return id === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(id, format);
}
