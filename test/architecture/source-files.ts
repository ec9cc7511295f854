import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'rolldown/utils';

/** A node of the syntax tree, as far as these tests look at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** One import of a file: static, dynamic with a literal, or a re-export. */
export interface Import {
  /** What is written between the quotes. */
  readonly specifier: string;
  /** Line of the import, from 1 on. */
  readonly line: number;
}

/** One of our own source files, parsed. */
export interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  /** Folder of the package it belongs to, such as `services/lib/graph`. */
  readonly packageFolder: string;
  /** Whether it is a test, or something only tests use. */
  readonly isTest: boolean;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  /** Every node of the syntax tree, parents before children. */
  nodes(): Generator<SyntaxNode>;
  /** Line of an offset in the text, from 1 on. */
  lineOf(offset: number): number;
}

/** Root of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const skippedFolders = new Set(['node_modules', 'dist', 'gen', 'output']);

/** Every TypeScript file of ours; generated code is not. */
export function sourceFiles(): readonly SourceFile[] {
  const folders = ['proto', 'services', 'test'];
  return folders.flatMap((folder) => [...typescriptIn(folder)]).map(parseFile);
}

/** Folders of all packages but the root. */
export function packageFolders(): readonly string[] {
  const below = (folder: string) =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
      .map((entry) => `${folder}/${entry.name}`);
  return ['proto', ...below('services'), ...below('services/lib'), 'test'];
}

function* typescriptIn(folder: string): Generator<string> {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    if (entry.isDirectory() && !skippedFolders.has(entry.name)) yield* typescriptIn(`${folder}/${entry.name}`);
    if (entry.isFile() && /\.tsx?$/.test(entry.name)) yield `${folder}/${entry.name}`;
  }
}

function parseFile(file: string): SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const tree = program as unknown as SyntaxNode;
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  return {
    path: file,
    packageFolder: packageFolders().find((folder) => file.startsWith(`${folder}/`)) ?? '',
    isTest: file.startsWith('test/') || /\.(test|contract)\.ts$|\/testing(\/|\.ts$)/.test(file),
    lineCount: text.trimEnd().split('\n').length,
    imports: [...nodesOf(tree)].flatMap((node) => importOf(node, lineOf)),
    nodes: () => nodesOf(tree),
    lineOf,
  };
}

const importingNodes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function importOf(node: SyntaxNode, lineOf: (offset: number) => number): readonly Import[] {
  if (!importingNodes.has(node.type)) return [];
  const source = node['source'] as { readonly value?: unknown } | null | undefined;
  return typeof source?.value === 'string' ? [{ specifier: source.value, line: lineOf(node.start) }] : [];
}

function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const child of Object.values(node).flat()) {
    if (typeof child === 'object' && child !== null && 'type' in child) yield* nodesOf(child as SyntaxNode);
  }
}
