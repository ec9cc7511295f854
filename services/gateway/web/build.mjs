// Bundles the page into one script and one style sheet beside index.html. `node build.mjs FOLDER` writes them there;
// the build of the repository does the same for every process at once.
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const inFolder = (name) => path.join(path.dirname(fileURLToPath(import.meta.url)), name);

/** Builds the page for a folder; with `write: false` the files are returned. */
export function buildPage(outdir, { write = true } = {}) {
  return build({
    entryPoints: { main: inFolder('main.ts'), style: inFolder('style/style.css'), index: inFolder('index.html') },
    outdir,
    write,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    minify: true,
    sourcemap: false,
    loader: { '.html': 'copy' },
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage(path.resolve(process.argv[2] ?? 'dist'));
