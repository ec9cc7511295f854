// Writes docs/operators.md from the operator table: bundles main.ts, and runs it. A test says when the page is stale.
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(folder, '../..');

/** Our own packages are bundled; those of the registry are found in node_modules. */
const externalPackages = {
  name: 'external-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: id }) =>
      id.startsWith('@parallax/') ? undefined : { path: id, external: true },
    );
  },
};

const scratch = await mkdtemp(path.join(folder, 'dist-'));
try {
  const outfile = path.join(scratch, 'main.mjs');
  await build({
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    entryPoints: [path.join(folder, 'main.ts')],
    outfile,
    plugins: [externalPackages],
  });
  process.argv[2] = path.join(root, 'docs/operators.md');
  await import(pathToFileURL(outfile).href);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
