import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { temporaryFolder } from '@parallax/store/testing';
import { describe, expect, test } from 'vitest';
import { type RunningCommand, runCli, startCli } from './run-cli.ts';

const wrong = 2;
const failed = 1;
const minutes = 60_000;

describe('with services running', () => {
  /** Arguments, exit status, code and reason, what the message says. */
  const refusedByServices: readonly (readonly [string, number, RegExp])[] = [
    [
      'attack --encoder nobody --attack pgd --dataset shapes:test:0-4',
      wrong,
      /nobody.*\[NOT_FOUND, ENCODER_NOT_FOUND\]/,
    ],
    ['quickstart --dataset shapes --attacks magic', wrong, /magic.*\[NOT_FOUND, ATTACK_NOT_FOUND\]/s],
    ['probe --dataset mnist', wrong, /mnist.*\[NOT_FOUND, DATASET_NOT_FOUND\]/s],
    ['experiment watch nothing', wrong, /nothing.*\[NOT_FOUND, EXPERIMENT_NOT_FOUND\]/s],
    [
      'encoder train --paradigm sl --name Bad_Name --dataset shapes:train',
      wrong,
      /name: expected .*, got "Bad_Name".*\[INVALID_ARGUMENT, INVALID_FIELD\]/s,
    ],
    ['encoder train --paradigm sl --name a --dataset shapes:train --set epochs=0', wrong, /epochs: expected .*, got 0/],
  ];

  test(
    'each wrong input gives one precise error',
    async () => {
      await using folder = await temporaryFolder();
      const services: RunningCommand = startCli(folder.path, ['up', '--port', '0']);
      await services.seen('Running until Ctrl-C');
      for (const [line, status, message] of refusedByServices) {
        const outcome = await runCli(folder.path, line.split(' '));
        expect({ line, ...outcome }).toMatchObject({ line, status, errors: expect.stringMatching(message) });
      }
      const second = await runCli(folder.path, ['up', '--port', '0']);
      expect(second.errors).toMatch(/database: expected a folder that no process uses, got one in use by process \d+/);
      expect(second.status).toBe(failed);
      services.signal('SIGINT');
      expect((await services.ended).status).toBe(0);
    },
    3 * minutes,
  );

  test(
    'a port in use is named, and nothing is left running',
    async () => {
      await using folder = await temporaryFolder();
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as { port: number };
      const refused = await runCli(folder.path, ['up', '--port', '0', '--port', `gateway=${port}`]);
      expect(refused.errors).toMatch(new RegExp(`127.0.0.1:${port}: expected an address that is free to listen on`));
      expect(refused.status).toBe(failed);
      await new Promise((resolve) => taken.close(resolve));
      const services = startCli(folder.path, ['up', '--port', '0', '--port', `gateway=${port}`]);
      await services.seen(`http://127.0.0.1:${port}/`);
      services.signal('SIGTERM');
      expect((await services.ended).status).toBe(0);
    },
    2 * minutes,
  );

  test(
    'a truncated data file is named, and nothing is stored',
    async () => {
      await using folder = await temporaryFolder();
      const data = path.join(folder.path, 'data', 'cifar-10-batches-bin');
      await mkdir(data, { recursive: true });
      const classes = Array.from({ length: 10 }, (_, index) => `class${index}`);
      await writeFile(path.join(data, 'batches.meta.txt'), classes.join('\n'));
      for (const name of [
        'data_batch_1',
        'data_batch_2',
        'data_batch_3',
        'data_batch_4',
        'data_batch_5',
        'test_batch',
      ]) {
        await writeFile(path.join(data, `${name}.bin`), Buffer.alloc(name === 'test_batch' ? 3_000 : 30_730));
      }
      const home = path.join(folder.path, 'home');
      const args = ['start', '--exit', '--port', '0', '--data-dir', path.join(folder.path, 'data')];
      const outcome = await runCli(home, args);
      expect(outcome.errors).toMatch(/test_batch\.bin/);
      expect(outcome.status).toBe(failed);
    },
    2 * minutes,
  );
});
