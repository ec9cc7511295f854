import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import * as budgets from './architecture/budgets.ts';
import * as layers from './architecture/layers.ts';
import { packageFolders, root, type SourceFile, type SyntaxNode, sourceFiles } from './architecture/source-files.ts';

const files = sourceFiles();
const services = packageFolders().filter((folder) => /^services\/[^/]+$/.test(folder));

/** Every import of every file, as `{ file, specifier, at }`. */
const imports = files.flatMap((file) =>
  file.imports.map(({ specifier, line }) => ({ file, specifier, at: `${file.path}:${line} imports ${specifier}` })),
);

describe('imports', () => {
  test('point down', () => {
    const bad = imports.filter(({ file, specifier }) => {
      const target = ownPackage(specifier);
      return target !== undefined && target !== nameOf(file.packageFolder) && !mayImport(file, target);
    });
    expect(bad.map(({ at }) => at)).toEqual([]);
  });

  test('stay inside their package when they are relative', () => {
    const bad = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      return !path.posix.join(path.posix.dirname(file.path), specifier).startsWith(`${file.packageFolder}/`);
    });
    expect(bad.map(({ at }) => at)).toEqual([]);
  });

  test('of a heavy dependency stand in one package', () => {
    const bad = imports.filter(({ file, specifier }) => {
      const rule = layers.soleImporters.find(({ dependency }) => dependency.test(externalPackage(specifier) ?? ''));
      return rule !== undefined && !rule.folders.includes(file.packageFolder);
    });
    expect(bad.map(({ at }) => at)).toEqual([]);
  });

  test('are declared by the package', () => {
    const bad = imports.filter(({ file, specifier }) => {
      const target = ownPackage(specifier) === undefined ? externalPackage(specifier) : scopedName(specifier);
      return target !== undefined && !declared(file).has(target);
    });
    expect(bad.map(({ at }) => at)).toEqual([]);
  });
});

describe('code', () => {
  test('has no `any`', () => {
    expect(places('TSAnyKeyword', () => true, Object.keys(budgets.allowedAny))).toEqual([]);
  });

  test('has no default exports', () => {
    expect(places('ExportDefaultDeclaration', () => true, budgets.allowedDefaultExports)).toEqual([]);
  });

  test('reads the environment in one place', () => {
    const readers = files.filter(({ path: file }) => budgets.environmentReaders.some((allowed) => allowed.test(file)));
    const bad = places('MemberExpression', readsEnvironment, [
      ...readers.map((file) => file.path),
      ...files.filter((file) => file.isTest).map((file) => file.path),
    ]);
    expect(bad).toEqual([]);
  });

  test('stands in short files', () => {
    const long = files.filter(({ path: file, isTest, lineCount }) => {
      return lineCount > (isTest ? budgets.testFileLines : budgets.fileLines) && !(file in budgets.longFiles);
    });
    expect(long.map(({ path: file, lineCount }) => `${file}: ${lineCount} lines`)).toEqual([]);
    const counts = files.map(({ lineCount }) => lineCount).sort((a, b) => a - b);
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(budgets.medianFileLines);
  });

  test('stands in short functions', () => {
    const long = files.filter(({ isTest }) => !isTest).flatMap(longFunctions);
    expect(long).toEqual([]);
  });
});

describe.each(services)('%s', (service) => {
  const source = path.join(root, service, 'src');
  const handlers = service.endsWith(`/${layers.composer}`) ? 'commands' : 'handlers';

  test('has the names every service has', () => {
    const names = ['README.md', 'src/main.ts', 'src/config.ts', 'src/server.ts', `src/${handlers}`];
    expect(names.filter((name) => !existsSync(path.join(root, service, name)))).toEqual([]);
    const own = new Set(['main.ts', 'config.ts', 'server.ts', handlers]);
    expect(readdirSync(source).filter((name) => !own.has(name))).not.toEqual([]);
  });

  test('starts in a few lines', () => {
    const main = files.find((file) => file.path === `${service}/src/main.ts`);
    expect(main?.lineCount).toBeLessThanOrEqual(budgets.mainLines);
  });
});

function mayImport(file: SourceFile, target: string): boolean {
  const importer = nameOf(file.packageFolder);
  const toLibrary = layers.libraries.includes(target);
  if (importer === 'test') return true;
  if (layers.libraries.includes(importer)) {
    if (target === 'proto') return layers.librariesThatKnowContracts.includes(importer);
    // A test may stand on more than the code it tests, but a library stays below the services.
    return toLibrary && (file.isTest || (layers.libraryImports[importer] ?? []).includes(target));
  }
  return toLibrary || target === 'proto' || importer === layers.composer;
}

/** Short name of one of our packages: `@parallax/graph/x` → `graph`. */
function ownPackage(specifier: string): string | undefined {
  return /^@parallax\/([^/]+)/.exec(specifier)?.[1];
}

function scopedName(specifier: string): string {
  return specifier.split('/').slice(0, 2).join('/');
}

/** Name of a package from the registry; undefined for our own, relative and built-in modules. */
function externalPackage(specifier: string): string | undefined {
  if (/^(\.|node:|@parallax\/)/.test(specifier)) return undefined;
  return specifier.startsWith('@') ? scopedName(specifier) : specifier.split('/')[0];
}

function nameOf(packageFolder: string): string {
  return path.posix.basename(packageFolder);
}

/** Packages a file may import: its own, those its package declares and, in tests, the tools of the repository. */
function declared(file: SourceFile): ReadonlySet<string> {
  const manifest = manifestOf(file.packageFolder);
  const tools = file.isTest ? Object.keys(manifestOf('').devDependencies ?? {}) : [];
  return new Set([
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.devDependencies ?? {}),
    ...tools,
  ]);
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

/** Where nodes of a kind stand, as `path:line`, outside the files allowed. */
function places(type: string, matches: (node: SyntaxNode) => boolean, allowed: readonly string[]): string[] {
  return files
    .filter((file) => !allowed.includes(file.path))
    .flatMap((file) =>
      [...file.nodes()]
        .filter((node) => node.type === type && matches(node))
        .map((node) => `${file.path}:${file.lineOf(node.start)}`),
    );
}

function readsEnvironment(node: SyntaxNode): boolean {
  const { object, property } = node as unknown as Record<'object' | 'property', { readonly name?: string }>;
  return object.name === 'process' && property.name === 'env';
}

const functionNodes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function longFunctions(file: SourceFile): string[] {
  return [...file.nodes()]
    .filter(({ type }) => functionNodes.has(type))
    .map(({ start, end }) => ({ line: file.lineOf(start), length: file.lineOf(end) - file.lineOf(start) + 1 }))
    .filter(({ length }) => length > budgets.functionLines)
    .map(({ line, length }) => `${file.path}:${line}: ${length} lines`);
}
