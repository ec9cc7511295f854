import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '@parallax/config';

/** Where data are looked for, in order: the folder given, `./data`, `../shared/data`. */
export function dataSearchPaths(dataDir: string | undefined, workingDirectory = '.'): readonly string[] {
  const standard = [join(workingDirectory, 'data'), join(workingDirectory, '..', 'shared', 'data')];
  return dataDir === undefined ? standard : [dataDir, ...standard];
}

/**
 * The first of the candidates (paths relative to a search path) that exists.
 * @throws NotFoundError saying where it looked.
 */
export async function locate(
  dataset: string,
  searchPaths: readonly string[],
  candidates: readonly string[],
): Promise<string> {
  for (const folder of searchPaths) {
    for (const candidate of candidates) {
      const path = join(folder, candidate);
      if (await stat(path).catch(() => undefined)) return path;
    }
  }
  const searched = searchPaths.join(', ');
  throw new NotFoundError(
    `dataset: expected ${candidates.join(' or ')} in one of ${searched}, got none; name a folder that has it, or use ` +
      'the generated dataset shapes, which needs no files',
    { reason: 'DATASET_NOT_FOUND', facts: { dataset, searched } },
  );
}
