import path from 'node:path';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { startEmbeddedDatabase } from '@parallax/store';
import type { CliConfig } from '../config.ts';
import type { Closers } from './closers.ts';

/** What the services of this process share. */
export interface SharedState {
  /** The database, embedded unless the configuration names a server. */
  readonly databaseUrl: string;
  /** They share the cores, so they share the worker threads. */
  readonly engine: Engine;
}

/**
 * Opens what the services share; `closers` learns how to close it.
 *
 * @throws FolderLockedError when another process runs services on the same home.
 */
export async function openSharedState({ home, databaseUrl }: CliConfig, closers: Closers): Promise<SharedState> {
  const engine = createOnnxRuntimeEngine();
  closers.add(() => engine.close());
  if (databaseUrl !== undefined) return { databaseUrl, engine };
  const database = await startEmbeddedDatabase(path.join(home, 'database'));
  closers.add(() => database.close());
  return { databaseUrl: database.url, engine };
}
