import { join } from 'node:path';
import type { ArtifactStore } from './artifact-store.ts';
import { type Database, type DatabaseOptions, openDatabase } from './database.ts';
import { startEmbeddedDatabase } from './embedded-database.ts';
import { openFolderArtifactStore } from './folder-artifact-store.ts';

export interface StateOptions extends DatabaseOptions {
  /** The folder of all state: artifacts, and the embedded database where there is no other. */
  readonly home: string;
  /** A Postgres server; without it the embedded database in the home folder is started. */
  readonly databaseUrl?: string | undefined;
}

/** Everything a service keeps: rows and artifacts. */
export interface State extends AsyncDisposable {
  readonly database: Database<unknown>;
  readonly artifacts: ArtifactStore;
  /** Closes the connections, and the embedded database if it was started here. */
  close(): Promise<void>;
}

/**
 * Opens the state of a service.
 * @throws FolderLockedError when another process has the embedded database; DatabaseUnreachableError.
 */
export async function openState({ home, databaseUrl, ...options }: StateOptions): Promise<State> {
  const artifacts = await openFolderArtifactStore(join(home, 'artifacts'));
  const embedded = databaseUrl === undefined ? await startEmbeddedDatabase(join(home, 'database')) : undefined;
  try {
    const database = await openDatabase<unknown>(databaseUrl ?? embedded?.url ?? '', options);
    const close = async () => {
      await database.destroy();
      await embedded?.close();
    };
    return { database, artifacts, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await embedded?.close();
    throw error;
  }
}
