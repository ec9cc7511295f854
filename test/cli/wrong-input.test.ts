import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { temporaryFolder } from '@parallax/store/testing';
import { describe, expect, test } from 'vitest';
import { type RunningCommand, runCli, startCli } from './run-cli.ts';

const wrong = 2;
const failed = 1;
const minutes = 60_000;

/** Arguments, exit status, what the message says. Nothing needs to run for these. */
const refusedAtOnce: readonly (readonly [string, number, RegExp])[] = [
  ['quickstart --dataset mnist', wrong, /--dataset: expected one of "cifar10", "shapes", got "mnist"/],
  ['quickstart --samples 0', wrong, /--samples: expected a whole number from 1 to \d+, got "0"/],
  ['quickstart --eps 0', wrong, /--eps: expected a radius greater than 0 and at most 1, such as 8\/255, got "0"/],
  ['quickstart --eps 300/255', wrong, /--eps: expected .* at most 1.*, got "300\/255"/],
  ['quickstart --eps much', wrong, /--eps: expected .*, got "much"/],
  ['quickstart --batch -4', wrong, /--batch: expected a whole number from 1 to 4096, got "-4"/],
  ['quickstart --seed -1', wrong, /--seed: expected a whole number .*, got "-1"/],
  ['quickstart --set fgsm.steps=1', wrong, /--set: expected ATTACK.OPTION=VALUE .* pgd, apgd-ce, got fgsm.steps/],
  ['quickstart --port 1', wrong, /unknown option '--port'/],
  ['up --only encoder,oracle', wrong, /--only: expected a list of encoder-sl, .*, got "encoder,oracle"/],
  ['up --port gateway=99999', wrong, /--port: expected NAME=PORT/],
  ['attack --encoder a --attack pgd', wrong, /required option '--dataset <name>' not specified/],
  [
    'attack --encoder a,a --attack pgd --dataset shapes:test',
    wrong,
    /--encoder: expected a list of different encoders/,
  ],
  ['frobnicate', wrong, /unknown command 'frobnicate'/],
  ['experiment run /no/such/plan.yaml', wrong, /plan: expected a file that can be read, got \/no\/such\/plan.yaml/],
  ['encoder list', failed, /no answer from 127.0.0.1:\d+.*start the services with: parallax up/s],
];

test.each(refusedAtOnce)('parallax %s', async (line, status, message) => {
  await using folder = await temporaryFolder();
  const outcome = await runCli(folder.path, line.split(' '));
  expect(outcome.errors).toMatch(message);
  expect(outcome.errors).not.toMatch(/^\s+at /m);
  expect(outcome.status).toBe(status);
});

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
