import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { browserMissing } from '@parallax/gateway/testing';
import { temporaryFolder } from '@parallax/store/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningCommand, runCli, startCli } from './run-cli.ts';
import { visitPage } from './visit-page.ts';

/** The quickstart on few images, with one epoch of training: seconds, and the same code. */
const small = [
  ...['--dataset', 'shapes', '--train-samples', '128', '--recipe', 'epochs=1', '--recipe', 'batchSize=32'],
  ...['--test-samples', '32', '--samples', '12', '--seed', '3'],
  ...['--attacks', 'pgd,apgd-ce', '--set', 'pgd.steps=3', '--set', 'apgd-ce.steps=3'],
];
const minutes = 60_000;

/** A report: what must be the same in equal runs, and what belongs to one run. */
async function reportIn(file: string) {
  const { run, timings, ...same } = JSON.parse(await readFile(file, 'utf8'));
  return { run, timings, same };
}

describe('the quickstart', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let first: RunningCommand;
  const inFolder = (name: string) => path.join(folder.path, name);
  const startArgs = (out: string) => ['start', '--port', '0', ...small, '--out', inFolder(out)];

  beforeAll(async () => {
    folder = await temporaryFolder();
    first = startCli(inFolder('home'), [...startArgs('first.json'), '--batch', '5']);
    await first.seen('The pages stay up');
  }, 10 * minutes);
  afterAll(async () => {
    first?.signal('SIGKILL');
    await first?.ended;
    await folder?.[Symbol.asyncDispose]();
  });

  test('reports encoders, matrices with intervals, and verified attacks', async () => {
    const { run, timings, same } = await reportIn(inFolder('first.json'));
    expect(run.reusedEncoders).toEqual([]);
    expect(Object.keys(timings.stages)).toEqual(expect.arrayContaining(['train', 'probe', 'attack', 'transfer']));
    expect(same.encoders.map(({ paradigm }: { paradigm: string }) => paradigm)).toEqual(['SL', 'CL', 'MIM', 'DM']);
    expect(same.matrices.map(({ attack }: { attack: string }) => attack)).toEqual(['pgd', 'apgd-ce']);
    for (const matrix of same.matrices) {
      expect(matrix).toMatchObject({ norm: 'linf', epsilon: 8 / 255, seed: 3, n: 12, options: { steps: 3 } });
      for (const { cells, verified } of matrix.rows) {
        expect(verified.budgetViolations).toBe(0);
        for (const cell of cells) expect(cell).toMatchObject({ n: 12, level: 0.95 });
      }
    }
    expect(first.written()).toContain('dataset: shapes');
    expect(first.written()).toContain('apgd-ce: found on');
  });

  test.skipIf(browserMissing !== undefined)(
    'shows the numbers of the report on its page',
    async () => {
      const url = /http:\/\/[\d.:]+\//.exec(first.written())?.[0] ?? '';
      const { cells, images } = await visitPage(url, 'quickstart.png');
      const [matrix] = (await reportIn(inFolder('first.json'))).same.matrices;
      const shown = [matrix.clean, ...matrix.rows.map((row: { cells: unknown }) => row.cells)].flat();
      expect(cells).toHaveLength(shown.length);
      for (const [index, { successes, n }] of shown.entries()) expect(cells[index]).toContain(`${successes}/${n}`);
      expect(images).toBeGreaterThan(0);
    },
    2 * minutes,
  );

  test(
    'stops on Ctrl-C and leaves nothing but its state',
    async () => {
      first.signal('SIGINT');
      expect((await first.ended).status).toBe(0);
      expect((await readdir(inFolder('home'))).sort()).toEqual(['artifacts', 'database', 'services.log']);
    },
    minutes,
  );

  test.each([
    ['with encoders reused and another batch size', 'home', ['--batch', '12'], 4],
    ['with everything made anew', 'other', [], 0],
  ] as const)(
    'gives the same numbers again %s',
    async (_, home, more, reused) => {
      const { status } = await runCli(inFolder(home), [...startArgs('again.json'), '--exit', ...more]);
      expect(status).toBe(0);
      const again = await reportIn(inFolder('again.json'));
      expect(again.same).toEqual((await reportIn(inFolder('first.json'))).same);
      expect(again.run.reusedEncoders).toHaveLength(reused);
    },
    10 * minutes,
  );
});

test(
  'Ctrl-C in the middle of training leaves nothing half done, and the next start works',
  async () => {
    await using folder = await temporaryFolder();
    const endless = ['start', '--exit', '--port', '0', '--dataset', 'shapes', '--recipe', 'epochs=1000'];
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
  5 * minutes,
);
