import { NotFoundError } from '@parallax/config';
import { dataSearchPaths, openDataset } from '@parallax/datasets';

/** The images the quickstart works on. */
export interface ChosenDataset {
  /** Source, such as `cifar10`. */
  readonly source: string;
  /** Why it was chosen, for people. */
  readonly reason: string;
}

/** The real images where they are, else the generated ones, unless the user has chosen. */
export async function chooseDataset(asked: string | undefined, dataDir: string | undefined): Promise<ChosenDataset> {
  if (asked !== undefined) return { source: asked, reason: 'as asked' };
  const searchPaths = dataSearchPaths(dataDir);
  try {
    await openDataset('cifar10:test', { searchPaths });
    return { source: 'cifar10', reason: `found in one of ${searchPaths.join(', ')}` };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { source: 'shapes', reason: `generated, as CIFAR-10 is in none of ${searchPaths.join(', ')}` };
  }
}
