import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { browserMissing } from '@parallax/gateway/testing';
import { temporaryFolder } from '@parallax/store/testing';
import { expect, test } from 'vitest';
import { runCli, startCli } from './run-cli.ts';
import { visitPage } from './visit-page.ts';

/** The quickstart on few images, with one epoch of training: seconds, and the same code. */
const small = [
  ...['--dataset', 'shapes', '--train-samples', '128', '--recipe', 'epochs=1', '--recipe', 'batchSize=32'],
  ...['--samples', '12', '--attacks', 'pgd,apgd-ce', '--set', 'pgd.steps=3', '--set', 'apgd-ce.steps=3', '--seed', '3'],
];
const local = ['start', '--exit', '--port', '0'];
const minutes = 60_000;

/** A report without what may differ between two runs. */
async function reportIn(file: string) {
  const { run, timings, ...same } = JSON.parse(await readFile(file, 'utf8'));
  return { run, timings, same };
}

async function quickstart(home: string, out: string, ...more: readonly string[]) {
  const { status, output, errors } = await runCli(home, [...local, ...small, '--out', out, ...more]);
  expect(errors).toContain('dataset: shapes');
  expect(status).toBe(0);
  return { output, ...(await reportIn(out)) };
}

test(
  'the quickstart gives the same numbers again, reused or trained anew, with any batch size',
  async () => {
    await using folder = await temporaryFolder();
    const [home, other] = [path.join(folder.path, 'home'), path.join(folder.path, 'other')];
    const first = await quickstart(home, path.join(folder.path, 'first.json'), '--batch', '5');
    const again = await quickstart(home, path.join(folder.path, 'again.json'), '--batch', '12');
    const anew = await quickstart(other, path.join(folder.path, 'anew.json'));

    expect(again.same).toEqual(first.same);
    expect(anew.same).toEqual(first.same);
    expect(first.run.reusedEncoders).toEqual([]);
    expect(again.run.reusedEncoders).toHaveLength(4);
    expect(first.same.encoders.map((encoder: { paradigm: string }) => encoder.paradigm)).toEqual([
      'SL',
      'CL',
      'MIM',
      'DM',
    ]);
    for (const matrix of first.same.matrices) {
      expect(matrix).toMatchObject({ norm: 'linf', epsilon: 8 / 255, seed: 3, n: 12 });
      for (const { cells, verified } of matrix.rows) {
        expect(verified.budgetViolations).toBe(0);
        for (const cell of cells) expect(cell).toMatchObject({ n: 12, level: 0.95 });
      }
    }
    expect(first.output).toContain('apgd-ce: found on');
    // Without --exit the pages stay up; with it nothing is left behind but the state.
    expect((await readdir(home)).sort()).toEqual(['artifacts', 'database', 'services.log']);
  },
  8 * minutes,
);

test.skipIf(browserMissing !== undefined)(
  'the page shows the numbers of the report while the services stay up',
  async () => {
    await using folder = await temporaryFolder();
    const out = path.join(folder.path, 'q.json');
    const command = startCli(folder.path, ['start', '--port', '0', ...small, '--out', out]);
    await command.seen('The pages stay up');
    const url = /http:\/\/[\d.:]+\//.exec(command.written())?.[0] ?? '';
    const { cells, images } = await visitPage(url, 'quickstart.png');
    const [matrix] = (await reportIn(out)).same.matrices;
    const shown = [matrix.clean, ...matrix.rows.map((row: { cells: unknown }) => row.cells)].flat();
    expect(cells).toHaveLength(shown.length);
    for (const [index, { successes, n }] of shown.entries()) expect(cells[index]).toContain(`${successes}/${n}`);
    expect(images).toBeGreaterThan(0);
    command.signal('SIGINT');
    expect((await command.ended).status).toBe(0);
  },
  4 * minutes,
);

test(
  'Ctrl-C in the middle of training leaves nothing half done, and the next start works',
  async () => {
    await using folder = await temporaryFolder();
    const endless = [...local, '--dataset', 'shapes', '--recipe', 'epochs=1000'];
    const command = startCli(folder.path, endless);
    await command.seen('steps/s');
    command.signal('SIGINT');
    const { status, errors } = await command.ended;
    expect(errors).toContain('parallax: interrupted');
    expect(status).toBe(130);
    expect(await readdir(path.join(folder.path, 'artifacts', 'incoming'))).toEqual([]);

    const services = startCli(folder.path, ['up', '--port', '0']);
    await services.seen('Running until Ctrl-C');
    const list = await runCli(folder.path, ['encoder', 'list']);
    expect(list).toMatchObject({ status: 0, output: expect.stringContaining('no encoders yet') });
    services.signal('SIGTERM');
    expect((await services.ended).status).toBe(0);
  },
  4 * minutes,
);
