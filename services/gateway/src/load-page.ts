import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page. */
export interface PageFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
  /** Changes when the content does. */
  readonly tag: string;
}

/** The files of the page by name; `index.html` is the page itself. */
export type Page = ReadonlyMap<string, PageFile>;

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the build puts the page, seen from `src/`, from the bundle of this service, and from that of any other one. */
const builtPage = fileURLToPath(new URL('../../gateway/dist/web', import.meta.url));

/** Loads the files of the page; an empty page when the folder does not exist, for then the page has not been built. */
export async function loadPage(folder = builtPage): Promise<Page> {
  const names = (await filesIn(folder)).filter((name) => path.extname(name) in mediaTypes);
  return new Map(await Promise.all(names.map(async (name) => [name, await loadFile(folder, name)] as const)));
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function loadFile(folder: string, name: string): Promise<PageFile> {
  const content = new Uint8Array(await readFile(path.join(folder, name)));
  const tag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  return { content, mediaType: mediaTypes[path.extname(name)] ?? 'application/octet-stream', tag };
}
