import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import type { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { InputError } from '@parallax/config';
import { withExchangeAffinity } from './exchange-affinity.ts';
import { lockFolder } from './folder-lock.ts';

export interface EmbeddedDatabaseOptions {
  /** Default 127.0.0.1. There is no password: do not listen where others can reach. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface EmbeddedDatabase extends AsyncDisposable {
  /** Where it answers, as a `DATABASE_URL`. */
  readonly url: string;
  /** Drops the connections, writes everything to the folder and releases it. */
  close(): Promise<void>;
}

/** All services of one machine with a pool each, and room for an operator's `psql`. */
const maxConnections = 200;

/**
 * Runs PGlite (Postgres as WebAssembly, in this process) on a folder and serves it over TCP to any number of connections.
 * They share one backend: statements run one at a time, a transaction keeps the others waiting, and what a session sets
 * (`SET`, `LISTEN`, session locks, temporary tables, named statements) is everybody's, so nobody may.
 * @throws FolderLockedError when another process has the folder; InputError when the port is taken.
 */
export async function startEmbeddedDatabase(
  folder: string,
  options: EmbeddedDatabaseOptions = {},
): Promise<EmbeddedDatabase> {
  const { host = '127.0.0.1', port = 0 } = options;
  const lock = await lockFolder(folder);
  try {
    const database = await openData(folder);
    try {
      const server = await serve(database, host, port);
      const close = once(async () => {
        await server.stop();
        await database.close();
        await lock.release();
      });
      const url = `postgres://postgres@${server.getServerConn()}/postgres?sslmode=disable`;
      return { url, close, [Symbol.asyncDispose]: close };
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Opens the data, creating them if need be. A creation that was cut short is begun again. */
async function openData(folder: string): Promise<PGlite> {
  // By dynamic import: a process that uses a database server never loads the 20 MB of WebAssembly.
  const { PGlite } = await import('@electric-sql/pglite');
  const data = join(folder, 'data');
  const created = join(folder, 'created');
  const complete = await stat(created).catch(() => undefined);
  if (!complete) await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true });
  const database = await PGlite.create(data);
  if (!complete) await writeFile(created, new Date().toISOString());
  return database;
}

async function serve(database: PGlite, host: string, port: number): Promise<PGLiteSocketServer> {
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket');
  const server = new PGLiteSocketServer({ db: withExchangeAffinity(database), host, port, maxConnections });
  try {
    await server.start();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      const expected = `a free port on ${host}`;
      throw new InputError([{ field: 'database port', expected, got: `${port}, which is in use` }]);
    }
    throw error;
  }
  return server;
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= action();
    return done;
  };
}
