// Writes docs/operators.md from the operator table. With --measure it first runs the checks of all operators, and records
// the errors that they see: about a minute. A test says when the page is stale.
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(folder, '../..');
const runtime = path.join(root, 'services/lib/runtime/src');

/** Our own packages are bundled; those of the registry are found in node_modules. */
const externalPackages = {
  name: 'external-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: id }) =>
      id.startsWith('@parallax/') ? undefined : { path: id, external: true },
    );
  },
};

/** Bundles a program of this folder, and runs it with the path that it writes to. */
async function runBundled(name, writtenPath) {
  const scratch = await mkdtemp(path.join(folder, 'dist-'));
  try {
    await build({
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      outdir: scratch,
      entryPoints: {
        [name]: path.join(folder, `${name}.ts`),
        'onnxruntime-worker': path.join(runtime, 'onnxruntime/worker.ts'),
      },
      plugins: [externalPackages],
    });
    process.argv[2] = writtenPath;
    await import(pathToFileURL(path.join(scratch, `${name}.js`)).href);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const measures = process.argv.includes('--measure');
if (measures) await runBundled('measure', path.join(runtime, 'errors-seen/table.ts'));
await runBundled('main', path.join(root, 'docs/operators.md'));
