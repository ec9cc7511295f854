import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { databaseContract } from './database.contract.ts';
import { openDatabase } from './database.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Where Debian keeps the programs of each version of Postgres. */
const versions = '/usr/lib/postgresql';
const programs = findPrograms();

if (programs === undefined) {
  describe('Postgres as a database', () => {
    it.skip(`no Postgres installed under ${versions}`);
  });
} else {
  databaseContract('Postgres', () => startPostgres(programs));
}

function findPrograms(): string | undefined {
  try {
    const newest = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0];
    return newest && join(versions, newest, 'bin');
  } catch {
    return undefined;
  }
}

async function startPostgres(programs: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const folder = await temporaryFolder();
  const user = serverUser();
  chownSync(folder.path, user.uid, user.gid);
  const data = join(folder.path, 'data');
  const options = { ...user, cwd: folder.path };
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N'], options);
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-c', 'fsync=off'],
    { ...options, stdio: 'ignore' },
  );
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilItAnswers(url);
  return {
    url,
    async close() {
      server.kill('SIGINT');
      await once(server, 'exit');
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Postgres refuses to run as the administrator; its package then brought an account for it. */
function serverUser(): { uid: number; gid: number } {
  const isAdministrator = process.getuid?.() === 0;
  const numberOf = (flag: string) =>
    Number(execFileSync('id', isAdministrator ? [flag, 'postgres'] : [flag], { encoding: 'utf8' }));
  return { uid: numberOf('-u'), gid: numberOf('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function untilItAnswers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const database = await openDatabase(url).catch(() => undefined);
    if (database) return database.destroy();
    await sleep(100);
  }
  throw new Error(`expected Postgres at ${url} within 10 s`);
}
