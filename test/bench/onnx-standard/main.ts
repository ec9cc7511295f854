// The node tests of the ONNX standard, imported by us and run on onnxruntime and tfjs: --data DIR [--out FILE.md] [--only NAME]
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { createTfjsEngine } from '@parallax/runtime/tfjs';
import { findNodeTests } from './find-node-tests.ts';
import { readNodeTests } from './node-tests.ts';
import { formatReport, type TestReport } from './report.ts';
import { runNodeTest } from './run-test.ts';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { data: { type: 'string' }, out: { type: 'string' }, only: { type: 'string', default: '' } },
});
const folder = findNodeTests(values.data);
if (folder === undefined) {
  console.log(
    'onnx-standard: skipped: no node tests of the ONNX standard; name their folder by --data or PARALLAX_ONNX_TESTS',
  );
} else {
  const engines = [createOnnxRuntimeEngine({ workers: 1 }), createTfjsEngine({ backend: 'cpu' })];
  const reports: TestReport[] = [];
  for (const test of readNodeTests(folder).filter(({ name }) => name.includes(values.only))) {
    reports.push({ test, outcomes: await runNodeTest(test, engines) });
  }
  await Promise.all(engines.map((engine) => engine.close()));
  const text = formatReport(
    engines.map(({ name }) => name),
    reports,
  );
  if (values.out === undefined) console.log(text);
  else writeFileSync(values.out, text);
}
