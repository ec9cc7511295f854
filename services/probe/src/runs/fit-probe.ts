import type { Dataset } from '@parallax/datasets';
import { proportion } from '@parallax/statistics';
import { int64, type Tensor } from '@parallax/tensor';
import type { RunContext } from '@parallax/workflow';
import { evaluateHead } from '../evaluation/evaluate-head.ts';
import { Augmenter } from '../features/augmenter.ts';
import { embedDataset } from '../features/embed-dataset.ts';
import type { FeatureSource } from '../features/feature-source.ts';
import { type FittedHead, fitHead } from '../fitting/fit-head.ts';
import { encodeHead } from '../fitting/head-model.ts';
import { HeadRunner } from '../fitting/head-runner.ts';
import type { FittingRecipe } from '../fitting/recipe.ts';
import { type Ground, openNamed, openSource } from './ground.ts';
import { probeKey } from './probe-key.ts';
import type { FittedProbe, ProbeRecipe, ProbeResult, ProbeSpec } from './probe-spec.ts';

/** Fits a head and measures it, or finds what an equal specification gave before. */
export async function fitProbe(spec: ProbeSpec, context: RunContext, ground: Ground): Promise<ProbeResult> {
  await using source = await openSource(spec.source, ground, context.signal);
  const train = await openNamed(spec.trainDataset, ground);
  const test = await openNamed(spec.testDataset, ground);
  const task: Task = { spec, source, train, test, recipe: completeRecipe(spec.recipe, source), context, ground };
  const key = keyOf(task);
  const known = await ground.fitted.find(key);
  if (known && (await ground.artifacts.has(known.headDigest))) return { ...known, fitSeconds: 0, reused: true };
  const started = performance.now();
  const { head, features, settings } = await fit(task);
  const fitSeconds = (performance.now() - started) / 1000;
  const probe = { ...(await measure(task, head, features)), ...settings };
  await ground.fitted.remember(key, probe);
  context.log.info('head fitted', { source: source.identity, train: train.name, fitSeconds, head: probe.headDigest });
  return { ...probe, fitSeconds, reused: false };
}

interface Task {
  readonly spec: ProbeSpec;
  readonly source: FeatureSource;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly recipe: FittingRecipe;
  readonly context: RunContext;
  readonly ground: Ground;
}

/** Fills in what the recipe leaves to the source. */
function completeRecipe(recipe: ProbeRecipe, { standardLearningRate }: FeatureSource): FittingRecipe {
  if (recipe.solver === 'conjugate-gradients') return recipe;
  return { ...recipe, learningRate: recipe.learningRate ?? standardLearningRate };
}

function keyOf({ spec, source, train, test, recipe, ground }: Task): string {
  return probeKey({
    source: source.identity,
    trainDataset: train.digest,
    testDataset: test.digest,
    recipe,
    seed: spec.seed,
    engine: ground.engine.name,
  });
}

async function fit({ spec, source, train, recipe, context, ground }: Task) {
  const { signal, progress } = context;
  const { engine } = ground;
  const { seed } = spec;
  const onImages = (done: number, total: number) => progress({ stage: 'embed', done, total, unit: 'images' });
  const features = await embedDataset(source, train, { seed, signal, onImages });
  const augments = spec.recipe.solver === 'sgd' && spec.recipe.augmentation === 'weak';
  await using augmenter = augments ? new Augmenter(engine, train.shape, seed) : undefined;
  const labels = int64([train.length], Array.from(train.labels));
  const fitted: FittedHead = await fitHead({ features, labels, classes: train.classes.length }, recipe, {
    engine,
    seed,
    signal,
    onProgress: (report) => progress({ ...report, unit: 'passes' }),
    ...(augmenter && {
      featuresOfEpoch: (epoch: number) =>
        embedDataset(source, train, { seed, signal, augment: (batch) => augmenter.augment(batch, epoch) }),
    }),
  });
  const { head, ...settings } = fitted;
  return { head: encodeHead(head), features, settings };
}

async function measure(
  { spec, source, train, test, context, ground }: Task,
  head: Uint8Array,
  features: Tensor<'float32'>,
): Promise<Omit<FittedProbe, 'weightDecay' | 'epochs'>> {
  const { signal, progress } = context;
  const { engine, artifacts } = ground;
  signal.throwIfAborted();
  await using runner = new HeadRunner(engine, head);
  const { classes } = await runner.classify(features);
  const right = classes.filter((predicted, index) => predicted === train.labels[index]).length;
  const headDigest = await artifacts.put(head);
  const onImages = (done: number, total: number) => progress({ stage: 'evaluate', done, total, unit: 'images' });
  const { seed } = spec;
  const choice = { kind: 'artifact', digest: headDigest } as const;
  const { accuracy } = await evaluateHead(source, choice, test, {
    engine,
    seed,
    draws: 0,
    batchSize: 0,
    signal,
    onImages,
  });
  return {
    headDigest,
    testAccuracy: accuracy,
    trainAccuracy: proportion(right, train.length),
    featureDimension: features.dims[1] ?? 0,
    classes: train.classes.length,
  };
}
