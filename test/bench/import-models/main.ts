// Exports of the usual vision models by PyTorch (--peer PYTHON), imported, compared and differentiated (docs/imported-models.md).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type ImportedModel, importModel, topologicalOrder } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { type Comparison, compareWithOriginal } from '../../import/compare.ts';

/** One file, as the exporting script lists it. */
interface Export {
  readonly file: string;
  readonly model: string;
  readonly exporter: string;
  readonly opset: number;
  readonly batch: string;
  /** What the exporter said when it gave up, else empty. */
  readonly error: string;
}

interface Row {
  readonly entry: Export;
  readonly nodes: number;
  readonly milliseconds: number;
  readonly comparison: Comparison | undefined;
  readonly refusal: string;
}

/** One opset of each exporter: the gradient takes far longer than all else, and depends little on the export. */
const differentiated: ReadonlySet<number> = new Set([17, 20]);

const root = path.resolve(import.meta.dirname, '../../../..');
const { values: options } = parseArgs({
  args: process.argv.slice(process.argv[2] === 'import-models' ? 3 : 2),
  options: {
    peer: { type: 'string' },
    folder: { type: 'string' },
    only: { type: 'string' },
  },
});

function exportModels(python: string): string {
  const folder = options.folder ?? mkdtempSync(path.join(os.tmpdir(), 'parallax-exports-'));
  const script = path.join(root, 'test/bench/import-models/export_models.py');
  spawnSync(python, [script, folder], { stdio: ['ignore', 'inherit', 'ignore'] });
  return folder;
}

async function measure(engine: Engine, folder: string, entry: Export): Promise<Row> {
  const none = { entry, nodes: 0, milliseconds: 0, comparison: undefined };
  if (entry.error !== '') return { ...none, refusal: `not exported: ${entry.error}` };
  const bytes = readFileSync(path.join(folder, entry.file));
  const started = performance.now();
  let imported: ImportedModel | undefined;
  try {
    imported = importModel(bytes);
    const milliseconds = performance.now() - started;
    const nodes = topologicalOrder(imported.graph.outputs.map(({ value }) => value)).length;
    const comparison = await compareWithOriginal(engine, bytes, imported, {
      gradient: differentiated.has(entry.opset),
    });
    return { entry, nodes, milliseconds, comparison, refusal: '' };
  } catch (error) {
    const stage = imported === undefined ? '' : 'run: ';
    return { ...none, refusal: `${stage}${error instanceof Error ? error.message : String(error)}`.slice(0, 160) };
  }
}

function number(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value === 0 ? '0' : value.toExponential(1);
}

function line({ entry, nodes, milliseconds, comparison, refusal }: Row): string {
  const what = [entry.model, entry.exporter, `${entry.opset}`, entry.batch];
  if (comparison === undefined) return `| ${[...what, '', '', '', '', refusal.replaceAll('|', '/')].join(' | ')} |`;
  const { forward, batch, gradient } = comparison;
  return `| ${[...what, nodes, milliseconds.toFixed(0), number(forward), number(batch), number(gradient)].join(' | ')} |`;
}

function report(rows: readonly Row[]): string {
  const exported = rows.filter(({ entry }) => entry.error === '');
  const compared = rows.flatMap(({ comparison }) => comparison ?? []);
  const worst = (values: readonly number[]): string =>
    number(Math.max(0, ...values.filter((value) => !Number.isNaN(value))));
  return `# Imported models

Written by \`npm run bench -- import-models --peer PYTHON\`. Models of torchvision and timm, some at reduced width, with
random weights, exported by both exporters of PyTorch. Of ${rows.length} exports PyTorch makes ${exported.length}; of these ${compared.length} are
imported and run. Largest differences: forward ${worst(compared.map(({ forward }) => forward))}, batch ${worst(compared.map(({ batch }) => batch))}, gradient ${worst(compared.map(({ gradient }) => gradient))}.

- *batch*: whether the file fixes the batch at 1 (it is then made free) or leaves it open.
- *nodes*: of the imported graph. *ms*: time to import it.
- *forward*: largest difference of four images' outputs to onnxruntime's on the original bytes, relative to the largest entry.
- *apart*: the same between the four images in one batch and each alone.
- *gradient*: float32 input gradient in a random direction against central differences in float64, relative; – where
  every direction that was tried meets a kink, and at the opsets where it is not looked at. Above 1e-4 a unit is likely
  to stand so close to its kink that float32 and float64 see it on different sides, which
  \`parallax grad-check M.onnx --precision float64\` tells.

| model | exporter | opset | batch | nodes | ms | forward | apart | gradient |
| ----- | -------- | ----- | ----- | ----- | -- | ------- | ----- | -------- |
${rows.map(line).join('\n')}
`;
}

const folder = options.peer === undefined ? options.folder : exportModels(options.peer);
const list = folder === undefined ? '' : path.join(folder, 'models.json');
if (folder === undefined || !existsSync(list)) {
  console.log('import-models: skipped; name a Python that has torch, torchvision, timm and onnx with --peer');
} else {
  const entries = (JSON.parse(readFileSync(list, 'utf8')) as readonly Export[]).filter(({ file }) =>
    file.includes(options.only ?? ''),
  );
  const engine = createOnnxRuntimeEngine({ workers: 1 });
  const rows: Row[] = [];
  for (const entry of entries) {
    rows.push(await measure(engine, folder, entry));
    console.log(rows.slice(-1).map(line).join(''));
  }
  await engine.close();
  if (options.only === undefined) writeFileSync(path.join(root, 'docs/imported-models.md'), report(rows));
}
