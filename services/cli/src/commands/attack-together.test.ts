import { readFile, writeFile } from 'node:fs/promises';
import { decodeRecords } from '@parallax/attacks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitStatus } from '../errors/report-error.ts';
import { type LocalProgram, startLocalProgram, writeLinear } from '../testing/local-program.ts';

let program: LocalProgram;
const run = (...args: readonly string[]) => program.run(...args);

beforeAll(async () => {
  program = await startLocalProgram('encoder-sl,encoder-cl,attack');
  for (const [seed, paradigm] of ['sl', 'cl'].entries()) {
    const model = await writeLinear(program.file(`${paradigm}.onnx`), seed + 1);
    const imported = await run('encoder', 'import', model, '--name', `${paradigm}-linear`, '--paradigm', paradigm);
    expect(imported.status).toBe(exitStatus.ok);
  }
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
  it('finds what is found near, and is replayed far', async () => {
    const records = [];
    for (const placement of ['near', 'far']) {
      const file = program.file(`${placement}.jsonl`);
      const placed = ['--encoder', 'sl-linear', '--placement', placement, ...common, '--out', file];
      expect((await run('attack', ...placed)).status).toBe(exitStatus.ok);
      expect((await run('verify', file, '--attack')).status).toBe(exitStatus.ok);
      records.push((await recordOf(`${placement}.jsonl`)).records);
    }
    expect(records[1]).toEqual(records[0]);
  });
});
