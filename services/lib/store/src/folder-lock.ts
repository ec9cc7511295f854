import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError } from '@parallax/config';
import { describeProcess, livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';

/** Another process has the folder. */
export class FolderLockedError extends ConflictError {
  override readonly name = 'FolderLockedError';

  constructor(
    readonly folder: string,
    readonly holder: ProcessIdentity,
  ) {
    super(`${folder}: expected a folder that no process uses, got one in use by ${describeProcess(holder)}`);
  }
}

export interface FolderLock {
  release(): Promise<void>;
}

/** The holder touches the lock this often … */
const heartbeatMs = 5_000;
/** … and one that cannot be seen from here and has not done so for this long is taken for dead. */
const staleAfterMs = 30_000;
/** Several processes may recover one stale lock at a time; all but one of them find it held on the next try. */
const tries = 5;

/**
 * Takes a folder for this process alone, by the file `lock` in it. A lock left by a process that died is recovered.
 * @throws FolderLockedError when a live process holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'lock');
  // The suffix tells two locks of one process apart.
  const holder = `${thisProcess()}~${randomUUID()}`;
  let found: ProcessIdentity = 'another~process';
  for (let attempt = 0; attempt < tries; attempt++) {
    if (await tryCreate(path, holder)) return hold(path, holder);
    found = (await readHolder(path)) ?? found;
    if (!(await isStale(path, found))) break;
    await removeStale(path, found);
  }
  throw new FolderLockedError(folder, found);
}

function hold(path: string, holder: ProcessIdentity): FolderLock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A missed beat is no harm; a folder that vanished under us shows elsewhere.
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await readHolder(path)) === holder) await rm(path, { force: true });
    },
  };
}

async function tryCreate(path: string, holder: ProcessIdentity): Promise<boolean> {
  try {
    await writeFile(path, holder, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function isStale(path: string, holder: ProcessIdentity): Promise<boolean> {
  const liveness = livenessOf(holder);
  if (liveness !== 'unknown') return liveness === 'dead';
  const info = await stat(path).catch(() => undefined);
  return info === undefined || Date.now() - info.mtimeMs > staleAfterMs;
}

/** Moves the lock away before looking at it again, so that a lock taken since by somebody else is put back, not lost. */
async function removeStale(path: string, stale: ProcessIdentity): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved !== undefined && moved !== stale) await tryCreate(path, moved);
  await rm(aside, { force: true });
}
