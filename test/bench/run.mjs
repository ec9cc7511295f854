// Bundles and runs measurements: `npm run bench` runs all, `npm run bench -- NAME [options]` one. Each is a folder here with a
// main.ts whose first line says what it measures.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(folder, '../..');
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'dist')
  .map(({ name }) => name);

/** Our own packages are bundled; those of the registry are found in node_modules. */
const externalPackages = {
  name: 'external-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: id }) =>
      id.startsWith('@parallax/') ? undefined : { path: id, external: true },
    );
  },
};

async function runBench(name) {
  const outdir = path.join(folder, 'dist', name);
  await build({
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outdir,
    entryPoints: {
      main: path.join(folder, name, 'main.ts'),
      'onnxruntime-worker': path.join(root, 'services/lib/runtime/src/onnxruntime/worker.ts'),
    },
    plugins: [externalPackages],
    logLevel: 'warning',
  });
  await import(pathToFileURL(path.join(outdir, 'main.js')).href);
}

/** The comment that a bench begins with. */
function purposeOf(name) {
  const [first = ''] = readFileSync(path.join(folder, name, 'main.ts'), 'utf8').split('\n');
  return first.replace(/^\/\/ /, '');
}

const asked = process.argv[2];
if (asked === '--help' || asked === '-h') {
  console.log('npm run bench [-- NAME [options]]\n');
  for (const name of names) console.log(`  ${name.padEnd(18)} ${purposeOf(name)}`);
} else if (asked !== undefined && !names.includes(asked)) {
  console.error(`bench: expected one of ${names.join(', ')}, got "${asked}"`);
  process.exitCode = 2;
} else {
  for (const name of asked === undefined ? names : [asked]) await runBench(name);
}
