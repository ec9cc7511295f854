// Lays out dist/image, the context every container image is built from: the bundles of all services, and of node_modules
// only the packages that they import, for this platform. Nothing is downloaded, here or during `docker build`.
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const image = path.join(root, 'dist', 'image');

/** Names of the packages a bundle imports, read from its text: bundles are generated, so one form of quoting suffices. */
function importedPackages(file) {
  const text = readFileSync(file, 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^".][^"]*)"/g)].map(([, specifier]) => specifier);
  return specifiers.filter((specifier) => !isBuiltin(specifier)).map(packageOf);
}

function isBuiltin(specifier) {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Folders, relative to the root, of packages and everything they depend on. Nested copies come with their parents. */
function closure(names) {
  const found = new Set();
  const visit = (name, from) => {
    const folder = resolve(name, from);
    if (folder === undefined || found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) visit(dependency, folder);
  };
  for (const name of names) visit(name, '');
  return [...found];
}

/** Where Node.js would find a package from a folder; undefined for an optional one that is not installed. */
function resolve(name, from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(root, candidate, 'package.json'))) return candidate;
    if (folder === '' || folder === '.') return undefined;
  }
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
}

/** Leaves out what a running service never reads, and native code of other platforms. */
function isWanted(file) {
  if (/\.(map|md|ts|mts|cts)$/.test(file)) return false;
  const platform = /onnxruntime-node\/bin\/napi-v\d+\/([^/]+)(?:\/([^/]+))?/.exec(file);
  if (platform === null) return true;
  const [, system, architecture = process.arch] = platform;
  return system === process.platform && architecture === process.arch;
}

await buildAll();
await rm(image, { recursive: true, force: true });
const bundles = [];
for (const service of await readdir(path.join(root, 'services'))) {
  const dist = path.join(root, 'services', service, 'dist');
  if (!existsSync(path.join(dist, 'main.js'))) continue;
  await cp(dist, path.join(image, 'services', service, 'dist'), { recursive: true, filter: isWanted });
  bundles.push(...(await readdir(dist)).filter((file) => file.endsWith('.js')).map((file) => path.join(dist, file)));
}
for (const folder of closure(new Set(bundles.flatMap(importedPackages)))) {
  await cp(path.join(root, folder), path.join(image, folder), { recursive: true, filter: isWanted });
}
for (const file of ['deploy/Dockerfile', 'deploy/health-check.mjs', 'package.json']) {
  await cp(path.join(root, file), path.join(image, path.basename(file)));
}
await mkdir(path.join(image, 'home'));
