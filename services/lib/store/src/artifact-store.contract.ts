import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ArtifactStore, getJson, putJson } from './artifact-store.ts';

/** Behaviour that every artifact store must have. `open` gives an empty one. */
export function artifactStoreContract(name: string, open: () => Promise<ArtifactStore>): void {
  describe(`${name} as an artifact store`, () => {
    it('gives back what was put, under its sha256', async () => {
      const store = await open();
      const bytes = randomBytes(1000);
      const digest = await store.put(bytes);
      expect(digest).toBe(sha256(bytes));
      expect(Buffer.compare(await store.get(digest), bytes)).toBe(0);
      expect(await store.has(digest)).toBe(true);
      expect(await store.size(digest)).toBe(1000);
    });

    it('takes and gives streams', async () => {
      const store = await open();
      const pieces = [randomBytes(70_000), randomBytes(0), randomBytes(3)];
      const digest = await store.put(streamOf(pieces));
      expect(digest).toBe(sha256(Buffer.concat(pieces)));
      const read: Uint8Array[] = [];
      for await (const piece of store.stream(digest)) read.push(piece);
      expect(Buffer.compare(Buffer.concat(read), Buffer.concat(pieces))).toBe(0);
    });

    it('holds the empty artifact', async () => {
      const store = await open();
      const digest = await store.put(new Uint8Array());
      expect(await store.size(digest)).toBe(0);
      expect((await store.get(digest)).length).toBe(0);
    });

    it('stores the same content once, also when written at the same time', async () => {
      const store = await open();
      const bytes = randomBytes(100_000);
      const digests = await Promise.all(Array.from({ length: 8 }, () => store.put(bytes)));
      expect(new Set(digests).size).toBe(1);
      expect(Buffer.compare(await store.get(digests[0] ?? ''), bytes)).toBe(0);
    });

    it('keeps nothing of a stream that fails', async () => {
      const store = await open();
      const bytes = randomBytes(100);
      await expect(store.put(failingAfter(bytes))).rejects.toThrow('source broke');
      expect(await store.has(sha256(bytes))).toBe(false);
    });

    it('is not changed through the bytes given or returned', async () => {
      const store = await open();
      const bytes = Uint8Array.of(1, 2, 3);
      const digest = await store.put(bytes);
      bytes[0] = 9;
      (await store.get(digest))[1] = 9;
      expect([...(await store.get(digest))]).toEqual([1, 2, 3]);
    });

    it('removes, and says precisely what is not there', async () => {
      const store = await open();
      const digest = await store.put(Uint8Array.of(1));
      await store.delete(digest);
      await store.delete(digest);
      expect(await store.has(digest)).toBe(false);
      const message = `artifact ${digest}: not found`;
      await expect(store.get(digest)).rejects.toThrow(message);
      await expect(store.size(digest)).rejects.toThrow(message);
      await expect(drain(store.stream(digest))).rejects.toThrow(message);
    });

    it.each(['', 'abc', '../../etc/passwd', 'A'.repeat(64)])('refuses the digest "%s"', async (digest) => {
      const store = await open();
      const message = 'digest: expected 64 lower-case hexadecimal digits (sha256)';
      await expect(store.get(digest)).rejects.toThrow(message);
      await expect(store.has(digest)).rejects.toThrow(message);
      await expect(store.delete(digest)).rejects.toThrow(message);
    });

    it('gives equal JSON values equal digests', async () => {
      const store = await open();
      const digest = await putJson(store, { b: [1, null], a: 'x', gone: undefined });
      expect(await putJson(store, { a: 'x', b: [1, null] })).toBe(digest);
      expect(await getJson(store, digest)).toEqual({ a: 'x', b: [1, null] });
      await expect(getJson(store, await store.put(Buffer.from('{oops')))).rejects.toThrow('expected JSON, got "{oops"');
    });
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* streamOf(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

async function* failingAfter(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
  throw new Error('source broke');
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}
