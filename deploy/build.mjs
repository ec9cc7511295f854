// Bundles every process, and the web page, into services/<name>/dist, so that a service is started by plain `node services/<name>/dist/main.js`
// and a container needs no compiler. Packages from the registry stay external (some carry native code); our own are inlined.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPage } from '../services/gateway/web/build.mjs';
import { recordBuild } from './build-stamp.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const services = readdirSync(path.join(root, 'services')).filter((name) =>
  existsSync(path.join(root, 'services', name, 'src/main.ts')),
);
const runtime = path.join(root, 'services/lib/runtime');
const worker = path.join(runtime, 'src/onnxruntime/worker.ts');
/** What one process loads only when it is asked for, by process. */
const loadedOnDemand = {
  cli: {
    'engines-doctor': path.join(runtime, 'src/doctor/diagnose.ts'),
    'tfjs-engine': path.join(runtime, 'src/tfjs/engine.ts'),
  },
};

/** Our own packages are named with a scope that no registry package of ours shares. */
const externalPackages = {
  name: 'external-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: id }) =>
      id.startsWith('@parallax/') ? undefined : { path: id, external: true },
    );
  },
};

const common = {
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
  plugins: [externalPackages],
};

/** Builds everything, and resolves when all of it is written. Several may run at once: each file is replaced whole. */
export async function buildAll() {
  // Read before the sources are: a change made meanwhile must not count as built.
  const stamp = recordBuild();
  const processes = services.map((name) => {
    const folder = path.join(root, 'services', name);
    return build({
      ...common,
      entryPoints: { main: path.join(folder, 'src/main.ts'), 'onnxruntime-worker': worker, ...loadedOnDemand[name] },
      outdir: path.join(folder, 'dist'),
    });
  });
  const own = build({ ...common, entryPoints: { 'onnxruntime-worker': worker }, outdir: path.join(runtime, 'dist') });
  const page = buildPage(path.join(root, 'services/gateway/dist/web'), { write: false });
  const bundles = await Promise.all([...processes, own, page]);
  await Promise.all(bundles.flatMap(({ outputFiles }) => outputFiles).map(replaceFile));
  stamp.commit();
}

async function replaceFile({ path: file, contents }) {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // What is wrong with the sources has been printed by then.
  await buildAll().catch(() => {
    process.exitCode = 1;
  });
}
