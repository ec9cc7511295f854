// Knows whether the bundles are older than their sources, by a fingerprint over path, size and time of every source.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = path.join(root, 'services/cli/dist/build-stamp');
const sources = ['deploy', 'proto/gen', 'proto/planned-rpcs.ts', 'services', 'package-lock.json'];
const skipped = new Set(['node_modules', 'dist']);

/** Whether everything built is as new as its sources. Where there are no sources (a container) it always is. */
export function isFresh() {
  if (!existsSync(path.join(root, 'package-lock.json'))) return true;
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint();
}

/** Notes the sources as they are now; `commit` says that what they build into has been written. */
export function recordBuild() {
  const built = fingerprint();
  return {
    commit() {
      mkdirSync(path.dirname(stampFile), { recursive: true });
      writeFileSync(`${stampFile}.${process.pid}`, built);
      renameSync(`${stampFile}.${process.pid}`, stampFile);
    },
  };
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of filesIn(path.join(root, source))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${path.relative(root, file)}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function* filesIn(file) {
  if (!statSync(file).isDirectory()) {
    yield file;
    return;
  }
  for (const name of readdirSync(file).sort()) if (!skipped.has(name)) yield* filesIn(path.join(file, name));
}
