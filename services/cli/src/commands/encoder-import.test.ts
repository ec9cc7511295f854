import { readFile } from 'node:fs/promises';
import { apply, mul, round, scalarConstant, sub } from '@parallax/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitStatus } from '../errors/report-error.ts';
import { type LocalProgram, startLocalProgram, writeLinear, writeOnnx } from '../testing/local-program.ts';

let program: LocalProgram;
beforeAll(async () => {
  program = await startLocalProgram('encoder-sl,attack');
  await writeLinear(program.file('model.onnx'), 1);
  // Bit depth reduction, through which no gradient passes; and one whose exact gradient is 1 - 1 = 0 everywhere.
  await writeOnnx(program.file('rounded.onnx'), (x) => mul(round(mul(x, 15)), 1 / 15));
  await writeOnnx(program.file('masked.onnx'), (x) =>
    sub(x, apply('Mod', [x, scalarConstant(1 / 16)], { fmod: 1 })[0]),
  );
  await writeOnnx(program.file('square.onnx'), (x) => mul(x, x));
});
afterAll(() => program?.[Symbol.asyncDispose]());

function importAs(name: string, preprocess: string, ...gradient: readonly string[]) {
  const { file, run } = program;
  const taken = gradient.flatMap((what) => ['--preprocess-gradient', what]);
  return run('encoder', 'import', file('model.onnx'), '--name', name, '--preprocess', file(preprocess), ...taken);
}

/** PGD on encoders: what was printed, and of the images that were right how many it broke. */
async function attack(...encoders: readonly string[]) {
  const record = program.file(`${encoders.join('-')}.jsonl`);
  const where = ['--eps', '8/255', '--dataset', 'shapes:test:0-150', '--seed', '4', '--out', record];
  const how = ['--encoder', encoders.join(','), '--attack', 'pgd', '--set', 'steps=10'];
  const { output } = await program.run('attack', ...how, ...where);
  const [header, ...records] = (await readFile(record, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const right = records.filter(({ cleanCorrect }) => cleanCorrect);
  const broken = right.filter(({ robust }) => !robust);
  return { output, notes: header.notes, right: right.length, broken: broken.length };
}

const takenForIdentity = expect.stringMatching(/^BPDA: gradients take the preprocessing.*sha256 .* for the identity$/);

describe('parallax encoder import --preprocess', () => {
  it('warns of a gradient that is 0 everywhere, with which PGD finds nothing and says why', async () => {
    const { status, output } = await importAs('masked', 'masked.onnx');
    expect(status).toBe(exitStatus.ok);
    expect(output).toMatch(/preprocessing +sha256 [0-9a-f]{64}\n +gradient: its own\n/);
    expect(output).toMatch(/note: The gradient of the preprocessing is 0 .*name identity or a surrogate/);
    const found = await attack('masked');
    expect(found).toMatchObject({ right: 15, broken: 0, notes: [] });
    expect(found.output).toMatch(/zero-gradient-rate +FAILED +100.0 %/);
  });

  it('lets PGD break what it found nothing in, with the gradient of the identity', async () => {
    const { output } = await importAs('straight', 'masked.onnx', 'identity');
    expect(output).toMatch(/\n +gradient: that of the identity \(BPDA\)\n/);
    const found = await attack('straight');
    expect(found).toMatchObject({ right: 15, broken: 15, notes: [takenForIdentity] });
    expect(found.output).toMatch(/zero-gradient-rate +passed +0.0 %/);
    const verified = await program.run('verify', program.file('straight.jsonl'), '--attack');
    expect(verified).toMatchObject({ status: exitStatus.ok });
  });

  it('takes the gradient of a file', async () => {
    const { output } = await importAs('surrogate', 'rounded.onnx', program.file('square.onnx'));
    expect(output).toMatch(/\n +gradient: that of a surrogate \(BPDA\), sha256 [0-9a-f]{64}\n/);
    const found = await attack('surrogate');
    expect(found.notes).toEqual([expect.stringMatching(/^BPDA: .* for a surrogate \(sha256 [0-9a-f]{64}\)$/)]);
    expect(found.broken).toBe(found.right);
  });

  it('says so of several encoders that are attacked together', async () => {
    await importAs('rounded', 'rounded.onnx', 'identity');
    const found = await attack('straight', 'rounded');
    expect(found.notes).toEqual([takenForIdentity, takenForIdentity]);
    expect(found.broken).toBe(found.right);
  });

  it('prints the same as JSON', async () => {
    const { file, run } = program;
    const before = ['--preprocess', file('rounded.onnx'), '--preprocess-gradient', 'identity', '--json'];
    const { output } = await run('encoder', 'import', file('model.onnx'), '--name', 'json', ...before);
    expect(JSON.parse(output)).toMatchObject({ encoder: { preprocessing: { gradient: 2, surrogateSha256: '' } } });
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'rounded.onnx',
      [],
      /header.preprocessing.gradient: expected identity or a surrogate.*got exact, and Round at main/,
    ],
    [
      'rounded.onnx',
      ['none'],
      /--preprocess-gradient: expected exact, identity, or a file that ends in .onnx, got none/,
    ],
    ['rounded.onnx', ['no.onnx'], /--preprocess-gradient: expected a file that can be read, got no.onnx/],
    ['nobody.onnx', ['identity'], /--preprocess: expected a file that can be read, got .*nobody.onnx/],
    ['model.onnx', ['identity'], /preprocessing: expected an output \[N, 3, 32, 32\].*got float32 \[N, 10\]/],
  ];
  it.each(refused)('refuses %s with gradient %s', async (preprocess, gradient, message) => {
    const { status, errors } = await importAs('never', preprocess, ...gradient);
    expect(errors).toMatch(message);
    expect(status).toBe(exitStatus.misused);
  });
});
