import { readFile, writeFile } from 'node:fs/promises';
import { decodeRecords } from '@parallax/attacks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitStatus } from '../errors/report-error.ts';
import { type LocalProgram, startLocalProgram, writeLinear } from '../testing/local-program.ts';
import { registerNoisy } from '../testing/noisy-encoder.ts';

let program: LocalProgram;
const run = (...args: readonly string[]) => program.run(...args);

beforeAll(async () => {
  program = await startLocalProgram('encoder-sl,encoder-cl,attack');
  for (const [seed, paradigm] of ['sl', 'cl'].entries()) {
    const model = await writeLinear(program.file(`${paradigm}.onnx`), seed + 1);
    const imported = await run('encoder', 'import', model, '--name', `${paradigm}-linear`, '--paradigm', paradigm);
    expect(imported.status).toBe(exitStatus.ok);
  }
  await registerNoisy(program, 'noisy', 0.05);
});
afterAll(() => program?.[Symbol.asyncDispose]());

const common = [
  '--attack',
  'pgd',
  '--set',
  'steps=3',
  '--eps',
  '1/255',
  '--dataset',
  'shapes:test:0-40',
  '--seed',
  '4',
];

async function recordOf(file: string) {
  return decodeRecords(await readFile(program.file(file), 'utf8'));
}

describe('attacked together', () => {
  it('are named, shown one by one, and replayed', async () => {
    const file = program.file('both.jsonl');
    const { status, output } = await run('attack', '--encoder', 'sl-linear,cl-linear', ...common, '--out', file);
    expect(status).toBe(exitStatus.ok);
    expect(output).toMatch(/^encoder +accuracy, clean +on the stored images$/m);
    expect(output).toMatch(/^cl-linear +\d/m);
    const { header, records } = await recordOf('both.jsonl');
    expect(header['placement']).toBe('far');
    expect(header['encoders']).toMatchObject([{ name: 'sl-linear' }, { name: 'cl-linear', paradigm: 'cl' }]);
    expect(records.every(({ heads }) => heads?.length === 2)).toBe(true);
    const verified = await run('verify', file, '--attack');
    expect(verified.output).toMatch(/^differences +0$/m);
    expect(verified.output).toContain('sl-linear (');
    expect(verified.status).toBe(exitStatus.ok);
  });

  it('are not replayed where the verdict of one is another than recorded', async () => {
    const text = await readFile(program.file('both.jsonl'), 'utf8');
    const lines = text.trimEnd().split('\n');
    const { heads, ...record } = JSON.parse(lines[1] ?? '{}');
    const other = { ...heads[1], prediction: (heads[1].prediction + 1) % 10 };
    const doctored = [lines[0], JSON.stringify({ ...record, heads: [heads[0], other] }), ...lines.slice(2)];
    await writeFile(program.file('doctored.jsonl'), `${doctored.join('\n')}\n`);
    const { status, output } = await run('verify', program.file('doctored.jsonl'));
    expect(output).toContain('heads[1].prediction');
    expect(status).toBe(exitStatus.failed);
  });

  it('have weights, and as many as there are encoders', async () => {
    const both = ['--encoder', 'sl-linear,cl-linear'];
    const file = program.file('weighted.jsonl');
    expect((await run('attack', ...both, '--weight', '1,1/4', ...common, '--out', file)).status).toBe(exitStatus.ok);
    const { header } = await recordOf('weighted.jsonl');
    expect(header['encoders']).toMatchObject([{ weight: 1 }, { weight: 0.25 }]);
    expect((await run('verify', file, '--attack')).status).toBe(exitStatus.ok);
    const { status, errors } = await run('attack', ...both, '--weight', '1', ...common);
    expect(errors).toContain('--weight: expected as many as there are encoders, 2, got 1');
    expect(status).not.toBe(exitStatus.ok);
    expect((await run('attack', ...both, '--weight', '1,0', ...common)).errors).toContain('weights greater than 0');
    const near = await run('attack', ...both, '--placement', 'near', ...common);
    expect(near.errors).toContain('attack.placement: expected FAR for a sum over 2 encoders, got NEAR');
  });
});

describe('placed far', () => {
  it.each<[string, string, readonly string[]]>([
    ['a linear one', 'sl-linear', []],
    ['a noisy one', 'noisy', ['--draws', '3', '--verdict-draws', '5']],
  ])('finds what is found near, and is replayed far: %s', async (_, encoder, draws) => {
    const records = [];
    for (const placement of ['near', 'far']) {
      const file = program.file(`${placement}.jsonl`);
      const placed = ['--encoder', encoder, '--placement', placement, ...draws, ...common, '--out', file];
      expect((await run('attack', ...placed)).status).toBe(exitStatus.ok);
      expect((await run('verify', file, '--attack')).status).toBe(exitStatus.ok);
      records.push((await recordOf(`${placement}.jsonl`)).records);
    }
    expect(records[1]).toEqual(records[0]);
  });
});

describe('of which one is noisy', () => {
  const both = ['--encoder', 'sl-linear,noisy', '--draws', '2', '--verdict-draws', '7'];

  it('have votes each, which are replayed', async () => {
    const file = program.file('noisy.jsonl');
    expect((await run('attack', ...both, ...common, '--out', file)).status).toBe(exitStatus.ok);
    const { header, records } = await recordOf('noisy.jsonl');
    expect(header).toMatchObject({ draws: { gradient: 2, verdict: 7 } });
    const changed = records.filter(({ l0 }) => l0 > 0);
    expect(changed.length).toBeGreaterThan(0);
    for (const { heads = [], verdictVotes } of changed) {
      expect(heads.map(({ verdictDraws }) => verdictDraws)).toEqual([undefined, 7]);
      expect(verdictVotes).toBeUndefined();
    }
    expect((await run('verify', file, '--attack')).status).toBe(exitStatus.ok);
  });

  it('are not judged by any draw', async () => {
    const { errors } = await run('attack', ...both, '--verdict-rule', 'any-draw', ...common);
    expect(errors).toContain('expected MAJORITY for several encoders of which one, noisy, is stochastic');
  });
});
