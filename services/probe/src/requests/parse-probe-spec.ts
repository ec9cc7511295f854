import { InputError, parseAll, within } from '@parallax/config';
import { paradigmName, parseExactSeed } from '@parallax/messages';
import type { DatasetRef } from '@parallax/proto/parallax/common/v1/dataset_ref';
import { type EncoderRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { ProbeRunSpec, ProbeSource } from '@parallax/proto/parallax/probe/v1/probe_run';
import type { ProbeSpec, SourceSpec } from '../runs/probe-spec.ts';
import { parseRecipe } from './parse-recipe.ts';

/** @throws InputError naming every bad field. */
export function parseProbeSpec(given: ProbeRunSpec | undefined): ProbeSpec {
  if (given === undefined) throw refused('spec', 'what to fit', 'nothing');
  return within('spec', () =>
    parseAll({
      source: () => parseSource(given.source),
      trainDataset: () => parseDatasetRef(given.trainDataset, 'train_dataset'),
      testDataset: () => parseDatasetRef(given.testDataset, 'test_dataset'),
      recipe: () => within('recipe', () => parseRecipe(given.recipe)),
      seed: () => parseExactSeed(given.seed),
    }),
  );
}

/** @throws InputError when neither an encoder nor raw pixels are named. */
export function parseSource(given: ProbeSource | undefined): SourceSpec {
  switch (given?.source?.$case) {
    case 'rawPixels':
      return { kind: 'raw-pixels' };
    case 'encoder':
      return parseEncoder(given.source.value);
    default:
      throw refused('source', 'an encoder or raw_pixels', 'nothing');
  }
}

/** Whether there is a dataset of that name shows when it is opened. @throws InputError for no name. */
export function parseDatasetRef(given: DatasetRef | undefined, field: string): string {
  if (given?.name) return given.name;
  throw refused(field, 'the name of a dataset, such as cifar10:train', 'nothing');
}

function parseEncoder({ name, paradigm, address }: EncoderRef): SourceSpec {
  const known = paradigmName(paradigm);
  if (!/^[a-z0-9-]{1,63}$/.test(name)) {
    throw refused('source.encoder.name', '1-63 characters of [a-z0-9-]', JSON.stringify(name));
  }
  if (known === undefined && paradigm !== Paradigm.UNSPECIFIED) {
    throw refused('source.encoder.paradigm', 'SL, CL, MIM, DM or nothing', `${paradigm}`);
  }
  return { kind: 'encoder', name, paradigm: known ?? null, address };
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
