// Bundles and runs the measurements of this folder: `node services/lib/runtime/bench/run.mjs`.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.join(folder, '../dist/bench');

await build({
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outdir,
  entryPoints: {
    main: path.join(folder, 'main.ts'),
    'onnxruntime-worker': path.join(folder, '../src/onnxruntime/worker.ts'),
  },
  external: ['onnxruntime-node', '@bufbuild/protobuf'],
});
await import(pathToFileURL(path.join(outdir, 'main.js')).href);
