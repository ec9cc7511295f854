import { spawnSync } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { livenessOf, thisProcess } from './process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';

const [machine, , started] = thisProcess().split('~');
const deadProcess = () => `${machine}~${spawnSync('true').pid}~1`;

describe('process identity', () => {
  it('tells live, dead, renumbered and invisible processes apart', () => {
    expect(livenessOf(thisProcess())).toBe('alive');
    expect(livenessOf(deadProcess())).toBe('dead');
    expect(livenessOf(`${machine}~${process.pid}~${Number(started) - 1}`)).toBe('dead');
    expect(livenessOf(`elsewhere~${process.pid}~${started}`)).toBe('unknown');
    expect(livenessOf('')).toBe('unknown');
  });
});

describe('folder lock', () => {
  it('is held by one, until released', async () => {
    await using folder = await temporaryFolder();
    const lock = await lockFolder(folder.path);
    await expect(lockFolder(folder.path)).rejects.toThrow(
      `${folder.path}: expected a folder that no process uses, got one in use by process ${process.pid} on `,
    );
    await lock.release();
    await (await lockFolder(folder.path)).release();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('is taken over from a dead process by exactly one of many', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'lock'), deadProcess());
    const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => lockFolder(folder.path)));
    expect(attempts.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(await readdir(folder.path)).toEqual(['lock']);
  });

  it.each(['elsewhere~1~1', ''])('is taken over from "%s", which cannot be seen, once it is silent', async (holder) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'lock');
    await writeFile(path, holder);
    await expect(lockFolder(folder.path)).rejects.toThrow('expected a folder that no process uses');
    await utimes(path, new Date(), new Date(Date.now() - 31_000));
    await (await lockFolder(folder.path)).release();
  });
});
