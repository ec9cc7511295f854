import { createHash } from 'node:crypto';
import { ArtifactNotFoundError, assertDigest } from './artifact-errors.ts';
import type { ArtifactContent, ArtifactStore } from './artifact-store.ts';

/** An artifact store that lives as long as the process: for tests and for work whose results nobody keeps. */
export function createMemoryArtifactStore(): ArtifactStore {
  return new MemoryArtifactStore();
}

class MemoryArtifactStore implements ArtifactStore {
  private readonly artifacts = new Map<string, Uint8Array>();

  async put(content: ArtifactContent): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of content instanceof Uint8Array ? [content] : content) pieces.push(piece);
    const bytes = Uint8Array.from(Buffer.concat(pieces));
    const digest = createHash('sha256').update(bytes).digest('hex');
    this.artifacts.set(digest, bytes);
    return digest;
  }

  async get(digest: string): Promise<Uint8Array> {
    return this.find(digest).slice();
  }

  async *stream(digest: string): AsyncIterable<Uint8Array> {
    yield await this.get(digest);
  }

  async has(digest: string): Promise<boolean> {
    assertDigest(digest);
    return this.artifacts.has(digest);
  }

  async size(digest: string): Promise<number> {
    return this.find(digest).length;
  }

  async delete(digest: string): Promise<void> {
    assertDigest(digest);
    this.artifacts.delete(digest);
  }

  private find(digest: string): Uint8Array {
    assertDigest(digest);
    const bytes = this.artifacts.get(digest);
    if (bytes === undefined) throw new ArtifactNotFoundError(digest);
    return bytes;
  }
}
