// The node tests of the ONNX standard, imported by us and run on onnxruntime and tfjs: --data DIR [--out FILE.md] [--only NAME]
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { findNodeTests } from './find-node-tests.ts';
import { formatReport } from './report.ts';
import { runNodeTests } from './run-tests.ts';

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
  const { engines, reports } = await runNodeTests(folder, values.only);
  const text = formatReport(engines, reports);
  if (values.out === undefined) console.log(text);
  else writeFileSync(values.out, text);
}
