import { InputError, parseAll } from '@parallax/config';
import { paradigmMessages, paradigmName, parseExactSeed, parseOptionValues } from '@parallax/messages';
import type { Paradigm, Size } from '@parallax/paradigms';
import { RecipeSize, type TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { sizeMessages } from '../training/training-message.ts';
import type { TrainingSpec } from '../training/training-spec.ts';
import { parseEncoderName } from './parse-encoder-name.ts';

/** Reads a training specification for a deployment. @throws InputError naming every field that is malformed. */
export function parseTrainingSpec(given: TrainingRunSpec | undefined, paradigm: Paradigm): TrainingSpec {
  if (given === undefined) throw refused('spec', 'what to train', 'nothing');
  return parseAll({
    name: () => parseEncoderName(given.name, 'spec.name'),
    paradigm: () => parseParadigm(given, paradigm),
    size: () => parseSize(given.size),
    dataset: () => parseDataset(given.dataset?.name ?? ''),
    seed: () => parseExactSeed(given.seed, 'spec.seed'),
    overrides: () => parseOptionValues(given.overrides, 'spec.overrides'),
  });
}

function parseParadigm(given: TrainingRunSpec, served: Paradigm): Paradigm {
  if (given.paradigm === paradigmMessages[served]) return served;
  throw refused('spec.paradigm', `${served}, the paradigm served here`, paradigmName(given.paradigm) ?? 'none');
}

function parseSize(given: RecipeSize): Size {
  if (given === RecipeSize.UNSPECIFIED) return 'tiny';
  const found = Object.entries(sizeMessages).find(([, value]) => value === given)?.[0];
  if (found === undefined) throw refused('spec.size', `one of ${Object.keys(sizeMessages).join(', ')}`, String(given));
  return found as Size;
}

function parseDataset(name: string): string {
  if (name !== '') return name;
  throw refused('spec.dataset', 'the name of a dataset, such as cifar10:train', 'nothing');
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
