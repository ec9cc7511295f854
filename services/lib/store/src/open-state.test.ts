import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openState } from './open-state.ts';
import { temporaryFolder } from './temporary-folder.ts';

it('opens rows and artifacts of a home folder, and again what an earlier process left there', async () => {
  await using folder = await temporaryFolder();
  const home = folder.path;
  let digest: string;
  {
    await using state = await openState({ home });
    digest = await state.artifacts.put(Uint8Array.of(7));
    await sql`create table kept as select 7 as value`.execute(state.database);
  }
  await using state = await openState({ home });
  expect([...(await state.artifacts.get(digest))]).toEqual([7]);
  expect((await sql`select value from kept`.execute(state.database)).rows).toEqual([{ value: 7 }]);
});

it('says which database cannot be had', async () => {
  await using folder = await temporaryFolder();
  await expect(openState({ home: folder.path, databaseUrl: 'postgres://127.0.0.1:1/none' })).rejects.toThrow(
    'expected a Postgres server at 127.0.0.1:1/none',
  );
});
