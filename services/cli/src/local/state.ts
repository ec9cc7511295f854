import path from 'node:path';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { openState, type State, startEmbeddedDatabase } from '@parallax/store';
import type { CliConfig } from '../config.ts';
import type { Closers } from './closers.ts';

/** What the services of this process share. */
export interface SharedState extends Pick<State, 'database' | 'artifacts'> {
  /** The database, embedded unless the configuration names a server. */
  readonly databaseUrl: string;
  /** They share the cores, so they share the worker threads. */
  readonly engine: Engine;
}

/** Connections that the services using the shared ones need together. */
const poolSize = 8;

/**
 * Opens what the services share; `closers` learns how to close it.
 *
 * @throws FolderLockedError when another process runs services on the same home.
 */
export async function openSharedState(config: CliConfig, closers: Closers): Promise<SharedState> {
  const databaseUrl = config.databaseUrl ?? (await startDatabase(config.home, closers));
  const { database, artifacts, close } = await openState({ home: config.home, databaseUrl, poolSize });
  closers.add(close);
  const engine = createOnnxRuntimeEngine();
  closers.add(() => engine.close());
  return { databaseUrl, database, artifacts, engine };
}

async function startDatabase(home: string, closers: Closers): Promise<string> {
  const server = await startEmbeddedDatabase(path.join(home, 'database'));
  closers.add(() => server.close());
  return server.url;
}
