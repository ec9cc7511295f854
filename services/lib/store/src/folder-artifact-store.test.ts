import { spawnSync } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifactStoreContract } from './artifact-store.contract.ts';
import { openFolderArtifactStore } from './folder-artifact-store.ts';
import { thisProcess } from './process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';

let root: Awaited<ReturnType<typeof temporaryFolder>>;
let opened = 0;
beforeAll(async () => {
  root = await temporaryFolder();
});
afterAll(() => root[Symbol.asyncDispose]());

const freshFolder = () => join(root.path, String(opened++));

artifactStoreContract('folder', () => openFolderArtifactStore(freshFolder()));

describe('folder artifact store', () => {
  it('leaves nothing behind when a write fails', async () => {
    const folder = freshFolder();
    const store = await openFolderArtifactStore(folder);
    const source = (async function* () {
      yield Uint8Array.of(1);
      throw new Error('no space left on device');
    })();
    await expect(store.put(source)).rejects.toThrow('no space left');
    expect(await readdir(folder, { recursive: true })).toEqual(['incoming']);
  });

  it('reports a file that was changed, on reading it whole and in pieces', async () => {
    const folder = freshFolder();
    const store = await openFolderArtifactStore(folder);
    const digest = await store.put(Buffer.from('hello'));
    await writeFile(join(folder, digest.slice(0, 2), digest.slice(2, 4), digest), 'hullo');
    const message = `artifact ${digest}: expected content with that sha256, got `;
    await expect(store.get(digest)).rejects.toThrow(message);
    await expect(drain(store.stream(digest))).rejects.toThrow(message);
    await store.put(Buffer.from('hello'));
    expect(Buffer.from(await store.get(digest)).toString()).toBe('hello');
  });

  it('removes on opening what dead processes left, and nothing else', async () => {
    const folder = freshFolder();
    const incoming = join(folder, 'incoming');
    await mkdir(incoming, { recursive: true });
    const dead = spawnSync('true').pid;
    const [host, , started] = thisProcess().split('~');
    const files = {
      dead: `${host}~${dead}~1~x`,
      reusedNumber: `${host}~${process.pid}~${Number(started) - 1}~x`,
      elsewhereOld: 'other~1~1~x',
      elsewhereYoung: 'other~1~1~y',
      own: `${thisProcess()}~x`,
    };
    for (const name of Object.values(files)) await writeFile(join(incoming, name), '');
    await utimes(join(incoming, files.elsewhereOld), 0, 0);
    await openFolderArtifactStore(folder);
    expect((await readdir(incoming)).sort()).toEqual([files.elsewhereYoung, files.own].sort());
  });
});

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}
