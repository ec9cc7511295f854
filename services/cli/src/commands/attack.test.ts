import { readFile, writeFile } from 'node:fs/promises';
import { openDataset } from '@parallax/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitStatus } from '../errors/report-error.ts';
import { type LocalProgram, startLocalProgram, writeLinear } from '../testing/local-program.ts';
import { registerNoisy } from '../testing/noisy-encoder.ts';

const samples = 60;
const dataset = `shapes:test:0-${samples}`;

let program: LocalProgram;

beforeAll(async () => {
  program = await startLocalProgram('encoder-sl,attack');
  const model = await writeLinear(program.file('model.onnx'), 1);
  expect((await program.run('encoder', 'import', model, '--name', 'linear')).status).toBe(exitStatus.ok);
  await registerNoisy(program, 'noisy', 0.05);
});
afterAll(() => program?.[Symbol.asyncDispose]());

type Line = Record<string, unknown>;

/** An attack, what it printed, and the lines of its record. */
async function attack(encoder: string, name: string, ...options: readonly string[]) {
  const file = program.file('R.jsonl');
  const images = options.some((option) => option === '--images') ? [] : ['--dataset', dataset];
  const args = ['--encoder', encoder, '--attack', name, '--seed', '4', ...images, ...options, '--out', file];
  const { status, output, errors } = await program.run('attack', ...args);
  const text = status === exitStatus.ok ? await readFile(file, 'utf8') : '{}';
  const [header = {}, ...records] = text
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line));
  return { status, output, errors, header, records };
}

/** Replays the last record, and runs its attack again. */
async function verified(): Promise<void> {
  const { status, output } = await program.run('verify', program.file('R.jsonl'), '--attack');
  expect(output).toMatch(/^differences +0$/m);
  expect(status).toBe(exitStatus.ok);
}

const small = ['--eps', '1/255'];
const pgd = ['--set', 'steps=4'];

const everyCheck = [
  'zero-gradient-rate',
  'nan-gradient-rate',
  'loss-increases',
  'black-box-not-stronger',
  'random-noise-baseline',
  'unbounded-reaches-chance',
  'more-steps-not-weaker',
];

describe('on a stochastic encoder', () => {
  it('is refused without a number of gradients to average, and says how to give it', async () => {
    const { status, errors } = await attack('noisy', 'pgd', ...pgd);
    expect(errors).toContain('the encoder or the objective is stochastic');
    expect(errors).toContain('DRAWS_REQUIRED');
    expect(errors).toContain('with --draws N, each step averages the gradients of N draws (EOT)');
    expect(status).toBe(exitStatus.failed);
  });

  it('takes draws of three kinds, and a verdict can be replayed to the last vote', async () => {
    const found = await attack('noisy', 'pgd', ...pgd, ...small, '--draws', '3', '--verdict-draws', '9');
    expect(found.header).toMatchObject({ draws: { gradient: 3, verdict: 9 }, verdictRule: 'majority' });
    const changed = found.records.filter(({ l0 }) => l0 !== 0);
    expect(changed.length).toBeGreaterThan(0);
    for (const record of changed) expect(record).toMatchObject({ verdictDraws: 9 });
    await verified();
    const search = ['--set', 'queries=5', '--acceptance-draws', '3', '--verdict-draws', '4'];
    const searched = await attack('noisy', 'square', ...search, ...small);
    expect(searched.header).toMatchObject({ draws: { gradient: 1, acceptance: 3, verdict: 4 } });
    await verified();
  });

  it('counts as broken in any one draw by name only', async () => {
    const how = [...pgd, ...small, '--draws', '3', '--verdict-draws', '9'];
    const robust = ({ records }: { readonly records: readonly Line[] }) =>
      records.filter((each) => each['robust']).length;
    const byMajority = await attack('noisy', 'pgd', ...how);
    const byAny = await attack('noisy', 'pgd', ...how, '--verdict-rule', 'any-draw');
    expect(byAny.header).toMatchObject({ verdictRule: 'anyDraw' });
    expect(robust(byAny)).toBeLessThan(robust(byMajority));
    for (const { robust: holds, verdictVotes } of byAny.records) if (holds) expect(verdictVotes ?? 0).toBe(0);
    await verified();
  });
});

it('records a cascade that can be replayed and run again', async () => {
  const drawing = program.file('plot.svg');
  const { header, records, errors } = await attack('linear', 'fast', ...small, '--plot', drawing, '--diagnose');
  // Square is a stage for useless gradients, and what it is compared with as well.
  expect(header['diagnostics']).toMatchObject(everyCheck.map((name) => ({ name })));
  expect(errors).toContain(`plot: ${drawing}`);
  expect(await readFile(drawing, 'utf8')).toContain('>Robust accuracy, fast on linear, 60 images of shapes:test:0-60<');
  expect(header).toMatchObject({ stages: ['apgd-ce', 'apgd-t', 'fab-t', 'square'].map((name) => ({ attack: name })) });
  expect(records.some(({ brokenBy }) => brokenBy === 'apgd-ce')).toBe(true);
  await verified();
});

it('keeps the nearest image that breaks, with no bound but the box', async () => {
  const { header, records, output } = await attack(
    'linear',
    'ddn',
    ...['--norm', 'l2', '--eps', 'box', '--selection', 'distance', '--set', 'steps=60'],
  );
  expect(header).toMatchObject({ selection: 'distance', budget: { norm: 'l2', epsilon: Math.sqrt(3 * 32 * 32) } });
  const broken = records.filter(({ brokenBy }) => brokenBy === 'ddn');
  expect(broken).toHaveLength(records.filter(({ cleanCorrect }) => cleanCorrect).length);
  expect(Math.max(...broken.map(({ l2 }) => Number(l2)))).toBeLessThan(2);
  expect(output).toMatch(/robust accuracy +0\.0 %/);
  await verified();
});

it('compares with other attacks when asked to, in the table and in the record', async () => {
  const { output, header } = await attack('linear', 'pgd', ...pgd, ...small, '--diagnose');
  for (const name of everyCheck)
    expect(output).toMatch(new RegExp(`^${name} +passed +[\\d.]+ % +[\\d.]+ % +\\d+$`, 'm'));
  expect(output).toMatch(/^the same as predicted, at most +\d+ \/ \d+$/m);
  expect(output).toMatch(/^the same of the diagnosis, on 60 images +\d+ \/ \d+, [\d.]+ s$/m);
  expect(header['diagnostics']).toMatchObject(everyCheck.map((name) => ({ name, passed: true })));
});

it('fails the checks of an attack on a saturated softmax, and says what they mean', async () => {
  await writeLinear(program.file('saturated.onnx'), 1, 1e4);
  await program.run('encoder', 'import', program.file('saturated.onnx'), '--name', 'saturated');
  const { output, header } = await attack('saturated', 'pgd', ...pgd, ...small, '--diagnose');
  for (const name of ['zero-gradient-rate', 'loss-increases', 'black-box-not-stronger', 'unbounded-reaches-chance']) {
    expect(output).toMatch(new RegExp(`^${name} +FAILED`, 'm'));
    expect(output).toMatch(new RegExp(`^${name}: `, 'm'));
    expect(header['diagnostics']).toContainEqual(expect.objectContaining({ name, passed: false }));
  }
});

describe('toward classes', () => {
  it.each(['least-likely', 'random'])('takes them by rule (%s)', async (rule) => {
    const { header, records, output } = await attack('linear', 'pgd', ...pgd, '--targets', rule);
    expect(header).toMatchObject({ objective: { kind: 'crossEntropy', direction: 'toward' } });
    expect(records.every(({ target, label }) => typeof target === 'number' && target !== label)).toBe(true);
    expect(output).toContain('targeted: taken for the target');
    await verified();
  });

  it('takes them as a list, and refuses the label by its place', async () => {
    const { labels } = await openDataset(dataset, { searchPaths: [] });
    const list = Array.from(labels, (label) => (label + 1) % 10);
    const { records } = await attack('linear', 'pgd', ...pgd, '--objective', 'margin', '--targets', list.join());
    expect(records.map(({ target }) => target)).toEqual(list);
    await verified();
    const same = list.with(3, labels[3] ?? 0).join();
    const refused = await attack('linear', 'pgd', ...pgd, '--targets', same);
    expect(refused.errors).toContain(`spec.targets[3]: expected a class other than the label, got ${labels[3]}`);
    expect(refused.status).toBe(exitStatus.misused);
  });
});

describe('on images of files', () => {
  /** The bytes of a NumPy array. */
  function npy(type: string, shape: readonly number[], data: Float32Array | Int32Array): Uint8Array {
    const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
    const header = `${dict.padEnd(117)}\n`;
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
    return Buffer.concat([head, Buffer.from(header), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
  }

  it('finds what it finds on the same images of a dataset', async () => {
    const known = await openDataset(dataset, { searchPaths: [] });
    const pixels = known.images(Array.from(known.labels, (_, index) => index));
    await writeFile(program.file('x.npy'), npy('<f4', pixels.dims, pixels.data));
    await writeFile(program.file('y.npy'), npy('<i4', [samples], Int32Array.from(known.labels)));
    const files = ['--images', program.file('x.npy'), '--labels', program.file('y.npy')];
    const onDataset = await attack('linear', 'pgd', ...pgd, ...small);
    const onFiles = await attack('linear', 'pgd', ...pgd, ...small, ...files);
    expect(onFiles.records).toEqual(onDataset.records);
    expect(onFiles.header['dataset']).toMatchObject({ name: expect.stringMatching(/^artifact:[0-9a-f]{64}$/) });
    await verified();
  });
});

it.each<[string, readonly string[], string]>([
  ['an option that is none', ['--set', 'step=3'], 'spec.attack.options.step: expected one of steps, stepSize, '],
  [
    'a ball larger than the box',
    ['--eps', '2'],
    'spec.attack.budget.epsilon: expected a number above 0 and at most 1 in linf',
  ],
  ['acceptance draws of no use', ['--acceptance-draws', '2'], 'spec.attack.acceptance_draws: expected 0 or 1, as this'],
  ['the whole box as a budget', ['--eps', 'box'], 'spec.attack.budget.epsilon: expected a number above 0'],
])('is refused for %s', async (_, options, message) => {
  const { status, errors } = await attack('linear', 'pgd', ...options);
  expect(errors).toContain(message);
  expect(status).toBe(exitStatus.misused);
});
