import { InputError, Violations } from '@parallax/config';
import { type Dataset, type DatasetEnvironment, openDataset } from '@parallax/datasets';
import { type Recipe, recipes } from '@parallax/paradigms';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore } from '@parallax/store';
import { type EncoderRegistry, nameTaken } from '../encoders/encoder-registry.ts';
import type { LiveMetrics } from './live-metrics.ts';
import { adjustRecipe } from './recipe-settings.ts';
import type { TrainedBundles } from './trained-bundles.ts';
import { trainingKey } from './training-key.ts';
import type { TrainingSpec } from './training-spec.ts';

/** What training stands on. */
export interface TrainingGround {
  readonly engine: Engine;
  readonly artifacts: ArtifactStore;
  readonly datasets: DatasetEnvironment;
  readonly registry: EncoderRegistry;
  readonly trained: TrainedBundles;
  readonly liveMetrics: LiveMetrics;
}

/** What a specification stands for. */
export interface PreparedTraining {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** Equal for trainings that give equal bundles. */
  readonly key: string;
}

/**
 * Finds recipe and images of a specification, and checks that they fit.
 * @throws InputError naming what is wrong; NotFoundError, CorruptDataError as `openDataset`; ConflictError when the name
 * belongs to an encoder that this training would not give.
 */
export async function prepareTraining(spec: TrainingSpec, ground: TrainingGround): Promise<PreparedTraining> {
  const recipe = adjustRecipe(findRecipe(spec), spec.overrides, 'spec.overrides');
  const dataset = await openDataset(spec.dataset, ground.datasets);
  assertTrainable(recipe, dataset);
  const key = trainingKey(recipe, dataset, spec.seed, ground.engine);
  await assertNameFree(spec.name, key, ground);
  return { recipe, dataset, key };
}

function findRecipe({ paradigm, size }: TrainingSpec): Recipe {
  const sizes = recipes[paradigm] ?? {};
  const recipe = sizes[size];
  if (recipe !== undefined) return recipe;
  const known = Object.keys(sizes).join(', ') || 'none yet';
  throw new InputError([{ field: 'spec.size', expected: `a size of the ${paradigm} recipe: ${known}`, got: size }]);
}

function assertTrainable({ schedule }: Recipe, { name, shape, length }: Dataset): void {
  const violations = new Violations();
  const [channels, height, width] = shape;
  const isSquare = channels === 3 && height === width;
  violations.expect(isSquare, 'spec.dataset', 'square images of 3 channels', `${shape.join('×')} in ${name}`);
  const isEnough = length >= schedule.batchSize;
  violations.expect(isEnough, 'spec.dataset', `at least ${schedule.batchSize} images, one batch`, length);
  violations.throwIfAny();
}

async function assertNameFree(name: string, key: string, { registry, trained }: TrainingGround): Promise<void> {
  const registered = await registry.find(name);
  if (registered === undefined) return;
  const known = await trained.find(key);
  if (known?.bundleDigest !== registered.bundleDigest) throw nameTaken(registered);
}
