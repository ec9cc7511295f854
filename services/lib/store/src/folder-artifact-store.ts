import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtifactCorruptError, ArtifactNotFoundError, assertDigest } from './artifact-errors.ts';
import type { ArtifactContent, ArtifactStore } from './artifact-store.ts';
import { livenessOf, thisProcess } from './process-identity.ts';

/** A write that was begun this long ago by a process that cannot be seen from here is taken for abandoned. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * An artifact store in a folder: artifact `abcdef…` is the file `ab/cd/abcdef…`. Content is written to `incoming/`, forced
 * to the disk and then renamed into place. What dead processes left in `incoming/` is removed on opening. Several
 * processes may use one folder.
 */
export async function openFolderArtifactStore(folder: string): Promise<ArtifactStore> {
  const incoming = join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  await sweep(incoming);
  return new FolderArtifactStore(folder, incoming);
}

class FolderArtifactStore implements ArtifactStore {
  constructor(
    private readonly folder: string,
    private readonly incoming: string,
  ) {}

  async put(content: ArtifactContent): Promise<string> {
    const temporary = join(this.incoming, `${thisProcess()}~${randomUUID()}`);
    try {
      const digest = await writeDurably(temporary, content);
      const path = this.pathOf(digest);
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return digest;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async get(digest: string): Promise<Uint8Array> {
    const path = this.pathOf(digest);
    const bytes = await readFile(path).catch((error: unknown) => notFoundOr(error, digest));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== digest) throw new ArtifactCorruptError(digest, found, path);
    return bytes;
  }

  async *stream(digest: string): AsyncIterable<Uint8Array> {
    const path = this.pathOf(digest);
    const hash = createHash('sha256');
    try {
      for await (const piece of createReadStream(path)) {
        hash.update(piece as Buffer);
        yield piece as Buffer;
      }
    } catch (error) {
      notFoundOr(error, digest);
    }
    const found = hash.digest('hex');
    if (found !== digest) throw new ArtifactCorruptError(digest, found, path);
  }

  async has(digest: string): Promise<boolean> {
    const info = await stat(this.pathOf(digest)).catch(absentOrThrow);
    return info !== undefined;
  }

  async size(digest: string): Promise<number> {
    const info = await stat(this.pathOf(digest)).catch((error: unknown) => notFoundOr(error, digest));
    return info.size;
  }

  async delete(digest: string): Promise<void> {
    await rm(this.pathOf(digest), { force: true });
  }

  private pathOf(digest: string): string {
    assertDigest(digest);
    return join(this.folder, digest.slice(0, 2), digest.slice(2, 4), digest);
  }
}

/** Writes a new file, forces it to the disk, and returns the sha256 of what was written. */
async function writeDurably(path: string, content: ArtifactContent): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      hash.update(piece);
      await writeFully(file, piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** One `write` may take less than it was given, on a nearly full disk for one. */
async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, offset);
    offset += bytesWritten;
  }
}

/** Makes a rename in the folder survive a power failure. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sweep(incoming: string): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const liveness = livenessOf(name);
    if (liveness === 'alive') continue;
    const info = await stat(path).catch(absentOrThrow);
    if (liveness === 'dead' || (info && Date.now() - info.mtimeMs > abandonedAfterMs)) await rm(path, { force: true });
  }
}

function absentOrThrow(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

function notFoundOr(error: unknown, digest: string): never {
  throw isAbsent(error) ? new ArtifactNotFoundError(digest) : error;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
