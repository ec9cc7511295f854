import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createClient } from '@parallax/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitStatus } from '../errors/report-error.ts';
import { type LocalProgram, startLocalProgram, writeLinear } from '../testing/local-program.ts';

let program: LocalProgram;
const inFolder = (name: string) => program.file(name);
const run = (...args: readonly string[]) => program.run(...args);

const importAs = async (name: string, seed: number) =>
  run('encoder', 'import', await writeLinear(inFolder(name), seed), '--name', 'linear');

beforeAll(async () => {
  program = await startLocalProgram('encoder-sl,attack');
  expect((await importAs('first.onnx', 1)).status).toBe(exitStatus.ok);
});

afterAll(() => program?.[Symbol.asyncDispose]());

const attackArgs = [
  ...['attack', '--encoder', 'linear', '--attack', 'pgd', '--set', 'steps=3', '--eps', '1/255'],
  ...['--dataset', 'shapes:test:0-150', '--seed', '4'],
];

type Line = Record<string, unknown>;

async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** The record with its lines changed, as another file. */
async function changed(change: (lines: Line[]) => unknown): Promise<string> {
  const lines = await linesOf(inFolder('R.jsonl'));
  change(lines);
  await writeFile(inFolder('changed.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return inFolder('changed.jsonl');
}

it('replays what an attack has recorded', async () => {
  const attacked = await run(...attackArgs, '--out', inFolder('R.jsonl'));
  expect(attacked.errors).toContain(`records: ${inFolder('R.jsonl')}\n`);
  expect(attacked.status).toBe(exitStatus.ok);
  for (const row of [
    'broken: right clean',
    'flipped: another',
    'misclassified, clean',
    'robust accuracy, 8-bit',
    'loss-increases',
  ]) {
    expect(attacked.output).toContain(row);
  }
  expect(attacked.output).toMatch(/^class +images +clean +robust +broken images are taken for$/m);
  const [header, ...records] = await linesOf(inFolder('R.jsonl'));
  expect(Object.keys(header ?? {})).toEqual(
    expect.arrayContaining(['encoders', 'dataset', 'attack', 'options', 'objective', 'budget', 'seed', 'versions']),
  );
  expect(records).toHaveLength(150);
  const required =
    'sample label cleanPrediction cleanCorrect robust robustUint8 brokenBy prediction loss l0 l2 linf forward backward';
  for (const record of records) expect(Object.keys(record)).toEqual(expect.arrayContaining(required.split(' ')));
  const broken = records.filter(({ brokenBy }) => brokenBy === 'pgd');
  expect(broken.length).toBeGreaterThan(0);
  expect(broken.every(({ brokenAtStep }) => typeof brokenAtStep === 'number')).toBe(true);

  const replayed = await run('verify', inFolder('R.jsonl'));
  expect(replayed.output).toMatch(/^differences +0$/m);
  expect(replayed.status).toBe(exitStatus.ok);
});

it('runs the attack again when asked to, and compares its bytes', async () => {
  const { status, output } = await run('verify', inFolder('R.jsonl'), '--attack');
  expect(output).toMatch(/^differences +0$/m);
  expect(status).toBe(exitStatus.ok);
});

describe('what is not as it was recorded is named, and fails', () => {
  /** The index of a line whose sample was broken. */
  const brokenLine = (lines: Line[]) => lines.findIndex(({ brokenBy }) => brokenBy === 'pgd');
  const setIn = (field: string, value: unknown) => (lines: Line[]) => {
    (lines[brokenLine(lines)] as Line)[field] = value;
  };
  const setInHeader = (field: string, value: unknown) => (lines: Line[]) => {
    (lines[0] as Line)[field] = value;
  };

  it.each<[string, (lines: Line[]) => unknown, RegExp]>([
    ['a verdict', setIn('robust', true), /^ *\d+ +robust +true +false$/m],
    ['a norm', setIn('linf', 0.001), /^ *\d+ +linf +0.001 +0.0039/m],
    ['a class', setIn('prediction', 11), /^ *\d+ +prediction +11 +\d$/m],
    ['a count', setIn('forward', 1), /^ *– +records.sha256 /m],
    ['a step', setIn('brokenAtStep', 0), /^ *– +records.sha256 /m],
    ['the name of a field', setIn('robbust', true), /robbust: expected no such field/],
    ['a line left out', (lines) => lines.splice(7, 1), /^ *– +records.count +150 +149$/m],
    [
      'two lines exchanged',
      (lines) => lines.splice(3, 2, ...lines.slice(3, 5).reverse()),
      /^ *2 +sample +3 +2$|^ *3 +sample +3 +2$/m,
    ],
    ['the budget', setInHeader('budget', { norm: 'linf', epsilon: 0.1 }), /header.budget.epsilon +0.1 +0.0039/],
    ['the options', setInHeader('options', { steps: 100 }), /header.options.steps +100 +3/],
    ['the seed', setInHeader('seed', '5'), /header.seed +5 +4/],
    ['the versions', setInHeader('versions', { parallax: '9' }), /header.versions.parallax +9 /],
    [
      'the dataset',
      setInHeader('dataset', { name: 'shapes:test:1-151', sha256: '0'.repeat(64), samples: 150 }),
      /header.dataset.name /,
    ],
    ['a field of the header left out', (lines) => delete lines[0]?.['notes'], /header.notes +nothing +\[\]/],
    ['the format', setInHeader('format', 'x'), /line 1: format: expected/],
    ['the images', setInHeader('adversarialSet', { sha256: '0'.repeat(64) }), /line 1: adversarialSet.images/],
  ])('%s', async (_, change, message) => {
    const { status, output, errors } = await run('verify', await changed(change));
    expect(output + errors).toMatch(message);
    expect(status).toBe(exitStatus.failed);
  });

  it('a file that is cut off, anywhere', async () => {
    const text = await readFile(inFolder('R.jsonl'), 'utf8');
    for (const length of [0, 100, text.indexOf('\n') + 1, text.length - 300, text.length - 1]) {
      await writeFile(inFolder('cut.jsonl'), text.slice(0, length));
      const { status, errors } = await run('verify', inFolder('cut.jsonl'));
      expect({ length, status, errors }).toMatchObject({
        status: exitStatus.failed,
        errors: /parallax: .+/.exec(errors)?.input,
      });
    }
  });

  it('at most twenty differences, and how many more there are', async () => {
    const file = await changed((lines) => lines.slice(1, 31).map((line) => Object.assign(line, { l0: 7 })));
    const { status, output, errors } = await run('verify', file);
    expect(output.split('\n').filter((line) => / l0 +7 +\d+$/.test(line))).toHaveLength(19);
    expect(output).toContain('… and 11 more');
    expect(errors).toContain('31 differences between what is recorded and what is found');
    expect(status).toBe(exitStatus.failed);
  });

  it('one byte of what is stored', async () => {
    const [header] = await linesOf(inFolder('R.jsonl'));
    const set = header?.['adversarialSet'] as { readonly sha256: string; readonly images: { readonly sha256: string } };
    for (const digest of [set.sha256, set.images.sha256]) {
      const place = path.join(program.home, 'artifacts', digest.slice(0, 2), digest.slice(2, 4), digest);
      const bytes = await readFile(place);
      const other = Uint8Array.from(bytes);
      other[bytes.length - 2] = (other[bytes.length - 2] ?? 0) ^ 1;
      await writeFile(place, other);
      const { status, errors } = await run('verify', inFolder('R.jsonl'));
      await writeFile(place, bytes);
      expect(errors).toContain(`artifact ${digest}: expected content with that sha256`);
      expect(status).toBe(exitStatus.failed);
    }
    expect((await run('verify', inFolder('R.jsonl'))).status).toBe(exitStatus.ok);
  });

  it('another encoder under the same name, and none', async () => {
    using client = createClient(EncoderServiceService, program.services.addressOf('encoder-sl'));
    await client.unregisterEncoder({ name: 'linear' });
    const gone = await run('verify', inFolder('R.jsonl'));
    expect(gone.errors).toContain('encoder: expected the name of a registered one, got "linear"');
    expect((await importAs('second.onnx', 2)).status).toBe(exitStatus.ok);
    const { status, output } = await run('verify', inFolder('R.jsonl'));
    expect(output).toMatch(/header.encoders.0.sha256 +[0-9a-f]{64} +[0-9a-f]{64}/);
    expect(output).toMatch(/header.encoders.0.parts.classify +[0-9a-f]{64} +[0-9a-f]{64}/);
    expect(status).toBe(exitStatus.failed);
  });
});
