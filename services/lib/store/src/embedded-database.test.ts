import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseContract } from './database.contract.ts';
import { openDatabase } from './database.ts';
import { startEmbeddedDatabase } from './embedded-database.ts';
import { temporaryFolder } from './temporary-folder.ts';

let root: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  root = await temporaryFolder();
});
afterAll(() => root[Symbol.asyncDispose]());

databaseContract('PGlite', () => startEmbeddedDatabase(join(root.path, 'contract')));

describe('embedded database', () => {
  it('keeps its data from one start to the next, and gives the folder back', async () => {
    const folder = join(root.path, 'kept');
    {
      await using server = await startEmbeddedDatabase(folder);
      await using database = await openDatabase(server.url);
      await sql`create table kept (x integer)`.execute(database);
      await sql`insert into kept values (${1})`.execute(database);
    }
    await using server = await startEmbeddedDatabase(folder);
    await using database = await openDatabase(server.url);
    expect((await sql`select x from kept`.execute(database)).rows).toEqual([{ x: 1 }]);
    await expect(startEmbeddedDatabase(folder)).rejects.toThrow(
      `${folder}: expected a folder that no process uses, got one in use by process ${process.pid} on `,
    );
  });

  it('begins again when its creation was cut short', async () => {
    const folder = join(root.path, 'contract-cut');
    await (await startEmbeddedDatabase(folder)).close();
    await rm(join(folder, 'created'));
    await writeFile(join(folder, 'data', 'PG_VERSION'), 'half');
    await (await startEmbeddedDatabase(folder)).close();
    expect(await readFile(join(folder, 'data', 'PG_VERSION'), 'utf8')).not.toBe('half');
  });

  it('names a port that is taken, and releases the folder', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as { port: number };
    const folder = join(root.path, 'kept');
    await expect(startEmbeddedDatabase(folder, { port })).rejects.toThrow(
      `database port: expected a free port on 127.0.0.1, got ${port}, which is in use`,
    );
    occupant.close();
    await (await startEmbeddedDatabase(folder)).close();
  });

  it('has what was committed when its process was killed, and recovers the lock', async () => {
    const folder = join(root.path, 'kept');
    const script = `
      import { openDatabase, startEmbeddedDatabase } from './index.ts';
      const server = await startEmbeddedDatabase(${JSON.stringify(folder)});
      const database = await openDatabase(server.url);
      await database.schema.createTable('survivors').addColumn('x', 'integer').execute();
      for (let x = 0; ; x++) {
        await database.insertInto('survivors').values({ x }).execute();
        process.stdout.write(x + ' ');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', await bundle(script)], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let reported = '';
    for await (const text of child.stdout) {
      reported += String(text);
      if (reported.length > 100) child.kill('SIGKILL');
    }
    const committed = reported.split(' ').slice(0, -1).map(Number);
    await using server = await startEmbeddedDatabase(folder);
    await using database = await openDatabase(server.url);
    const { rows } = await sql<{ x: number }>`select x from survivors order by x`.execute(database);
    expect(rows.slice(0, committed.length).map(({ x }) => x)).toEqual(committed);
  });
});

/** JavaScript that Node runs as it stands; the packages from the registry stay imports. */
async function bundle(script: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@electric-sql/*', 'kysely', 'pg'],
  });
  return outputFiles[0]?.text ?? '';
}
