import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { add, createGraph, encodeModel, input, mul } from '@parallax/graph';
import { describe, expect, test } from 'vitest';
import { findNodeTests } from './bench/onnx-standard/find-node-tests.ts';
import { knownDifference } from './bench/onnx-standard/known-differences.ts';
import { formatReport } from './bench/onnx-standard/report.ts';
import { runNodeTests } from './bench/onnx-standard/run-tests.ts';

const folder = findNodeTests(undefined);
const minutes = 60_000;

describe('the node tests of the ONNX standard', () => {
  test.skipIf(folder === undefined)(
    'pass, are refused with a reason, or differ for a known one (PARALLAX_ONNX_TESTS names their folder)',
    async () => {
      const { reports } = await runNodeTests(folder ?? '');
      const failed = reports.flatMap(({ test: { name }, outcomes }) =>
        outcomes.flatMap(({ state, reason }) =>
          state === 'failed' && knownDifference(name) === undefined ? [`${name}: ${reason}`] : [],
        ),
      );
      expect(failed).toEqual([]);
    },
    20 * minutes,
  );

  test('are reported as passed, failed and unsupported', async () => {
    const own = mkdtempSync(path.join(tmpdir(), 'parallax-onnx-standard-'));
    try {
      const [x, y] = [input('x', [2]), input('y', [2])];
      writeTest(own, 'test_add', encodeModel(createGraph([x, y], { z: add(x, y) })), [4, 6]);
      writeTest(own, 'test_mul', encodeModel(createGraph([x, y], { z: mul(x, y) })), [3, 9]);
      writeTest(own, 'test_nothing', Uint8Array.of(), [0, 0]);
      const { engines, reports } = await runNodeTests(own);
      const seen = reports.map(({ test: { name, operator }, outcomes }) => [name, operator, ...outcomes]);
      const wrong = { state: 'failed', reason: 'output z: expected 9 at 1, got 8' };
      const refused = { state: 'unsupported', reason: expect.stringMatching(/^import: /) };
      expect(seen).toEqual([
        ['test_add', 'Add', ...engines.map(() => ({ state: 'passed', reason: '' }))],
        ['test_mul', 'Mul', ...engines.map(() => wrong)],
        ['test_nothing', '?', ...engines.map(() => refused)],
      ]);
      const text = formatReport(engines, reports);
      expect(text).toContain('| all tests | 1 | 1 | 1 | 1 | 1 | 1 |');
      expect(text).toContain('| 1 | output z: expected 9 at 1, got 8 | test_mul |');
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});

/** A node test as the standard lays it out: x = [1, 2], y = [3, 4]. */
function writeTest(root: string, name: string, model: Uint8Array, expected: readonly number[]): void {
  const set = path.join(root, name, 'test_data_set_0');
  mkdirSync(set, { recursive: true });
  writeFileSync(path.join(root, name, 'model.onnx'), model);
  writeFileSync(path.join(set, 'input_0.pb'), tensorProto([1, 2]));
  writeFileSync(path.join(set, 'input_1.pb'), tensorProto([3, 4]));
  writeFileSync(path.join(set, 'output_0.pb'), tensorProto(expected));
}

/** A `TensorProto` of float32: fields dims (1), data_type (2) and raw_data (9). */
function tensorProto(numbers: readonly number[]): Uint8Array {
  const raw = new Uint8Array(Float32Array.from(numbers).buffer);
  return Uint8Array.of(0x08, numbers.length, 0x10, 1, 0x4a, raw.length, ...raw);
}
