import { InputError, NotFoundError } from '@parallax/config';
import type { ArtifactStore } from '@parallax/store';
import { cifar10Candidates, cifar10Files, loadCifar10 } from './cifar10.ts';
import { createDataset, type Dataset } from './dataset.ts';
import { badName, type DatasetName, formatDatasetName, parseDatasetName } from './dataset-name.ts';
import { type ImageSet, imageCount, sliceImageSet } from './image-set.ts';
import { getImageSet } from './image-set-artifact.ts';
import { locate } from './search-paths.ts';
import { generateShapes, shapesSplits } from './shapes/shapes.ts';

/** Where the images may come from. */
export interface DatasetEnvironment {
  /** Folders in which data are looked for, in order; see `dataSearchPaths`. */
  readonly searchPaths: readonly string[];
  /** Where sets made by runs are kept; `artifact:…` needs it. */
  readonly artifacts?: ArtifactStore;
}

/** Loads the images that a name stands for, the range already cut out. */
type Source = (name: DatasetName, environment: DatasetEnvironment) => Promise<ImageSet>;

/** The sources by name, each with the form its names take. */
const sources: Readonly<Record<string, { readonly form: string; readonly load: Source }>> = {
  cifar10: { form: 'cifar10:train, cifar10:test', load: loadFromCifar10 },
  shapes: { form: 'shapes:train, shapes:test', load: loadFromShapes },
  artifact: { form: 'artifact:SHA256', load: loadFromArtifact },
};

/**
 * Opens a dataset by its name: `cifar10:test`, `shapes:train:0-5000`, `artifact:SHA256`, …
 * @throws InputError when the name is malformed or its range empty or too long; NotFoundError when there is no such source
 * or split, or its files are nowhere; CorruptDataError when a file is damaged.
 */
export async function openDataset(text: string, environment: DatasetEnvironment): Promise<Dataset> {
  const name = parseDatasetName(text);
  const source = Object.hasOwn(sources, name.source) ? sources[name.source] : undefined;
  if (source === undefined) throw unknownDataset(text);
  return createDataset(formatDatasetName(name), await source.load(name, environment));
}

async function loadFromCifar10(name: DatasetName, { searchPaths }: DatasetEnvironment): Promise<ImageSet> {
  const split = splitOf(name, cifar10Files);
  return cut(await loadCifar10(await locate(formatDatasetName(name), searchPaths, cifar10Candidates), split), name);
}

async function loadFromShapes(name: DatasetName): Promise<ImageSet> {
  const split = splitOf(name, shapesSplits);
  const { from, to } = rangeOf(name, shapesSplits[split]);
  return generateShapes(split, from, to);
}

async function loadFromArtifact(name: DatasetName, { artifacts }: DatasetEnvironment): Promise<ImageSet> {
  if (name.split === undefined) throw badName('artifact:SHA256', formatDatasetName(name));
  if (artifacts === undefined) throw badName('a dataset from files, as no artifact store is at hand', 'artifact');
  return cut((await getImageSet(artifacts, name.split)).set, name);
}

function splitOf<Split extends string>(name: DatasetName, splits: Readonly<Record<Split, unknown>>): Split {
  const known = Object.keys(splits) as Split[];
  const split = known.find((candidate) => candidate === name.split);
  if (split !== undefined) return split;
  const expected = known.map((candidate) => `${name.source}:${candidate}`).join(' or ');
  if (name.split === undefined) throw badName(expected, formatDatasetName(name));
  throw notFound(expected, formatDatasetName(name));
}

function cut(set: ImageSet, name: DatasetName): ImageSet {
  const { from, to } = rangeOf(name, imageCount(set));
  return sliceImageSet(set, from, to);
}

function rangeOf(name: DatasetName, length: number): { readonly from: number; readonly to: number } {
  const range = name.range ?? { from: 0, to: length };
  if (range.to <= length) return range;
  const split = formatDatasetName({ ...name, range: undefined });
  throw new InputError([
    { field: 'dataset', expected: `a range within the ${length} images of ${split}`, got: `${range.from}-${range.to}` },
  ]);
}

function unknownDataset(text: string): NotFoundError {
  return notFound(
    `one of ${Object.values(sources)
      .map(({ form }) => form)
      .join(', ')}`,
    text,
  );
}

function notFound(expected: string, got: string): NotFoundError {
  return new NotFoundError(`dataset: expected ${expected}, got "${got}"`, {
    reason: 'DATASET_NOT_FOUND',
    facts: { dataset: got },
  });
}
