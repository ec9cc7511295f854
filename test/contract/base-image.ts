import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GenericContainer } from 'testcontainers';

/** An image made of this machine's own Node.js and the libraries it links; nothing need be pulled for it. */
const localBase = 'node-base:20';
const completedBase = 'parallax-base:test';

/**
 * The image to build services from: the one named by PARALLAX_TEST_BASE_IMAGE, else the local one completed by the
 * system libraries that native packages below `folder` link and Node.js itself does not (onnxruntime names librt).
 */
export async function baseImage(folder: string): Promise<string> {
  const named = process.env['PARALLAX_TEST_BASE_IMAGE'];
  if (named !== undefined) return named;
  const context = await mkdtemp(path.join(tmpdir(), 'parallax-base-'));
  try {
    for (const library of linkedLibraries(folder)) {
      await cp(library, path.join(context, 'root', library), { dereference: true });
    }
    await writeFile(path.join(context, 'Dockerfile'), `FROM ${localBase}\nCOPY root /\n`);
    await GenericContainer.fromDockerfile(context).build(completedBase, { deleteOnExit: false });
    return completedBase;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** System libraries that the native packages in a folder are linked to. */
function linkedLibraries(folder: string): readonly string[] {
  const natives = execFileSync('find', [folder, '-name', '*.node'], { encoding: 'utf8' }).trim().split('\n');
  const linked = execFileSync('ldd', natives, { encoding: 'utf8' });
  const found = [...linked.matchAll(/=> (\/\S+)/g)].map(([, library = '']) => library);
  return [...new Set(found)].filter((library) => !library.startsWith(folder));
}
