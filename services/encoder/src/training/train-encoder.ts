import { PreconditionError } from '@parallax/config';
import type { Dataset } from '@parallax/datasets';
import {
  exportBundle,
  type TrainedModel,
  TrainingDivergedError,
  type TrainingProvenance,
  type TrainingSet,
  train,
} from '@parallax/paradigms';
import { int64 } from '@parallax/tensor';
import type { RunContext } from '@parallax/workflow';
import { hasBundle, putBundle } from '../encoders/bundle-artifacts.ts';
import { createMetricsMeter } from './metrics-meter.ts';
import { type PreparedTraining, prepareTraining, type TrainingGround } from './prepare-training.ts';
import type { TrainedBundle } from './trained-bundles.ts';
import type { TrainingMetrics, TrainingResult, TrainingSpec } from './training-spec.ts';

/**
 * Trains an encoder, or finds the one that an equal training gave before, and registers it. Nothing is stored before the
 * training has ended.
 */
export async function trainEncoder(
  spec: TrainingSpec,
  context: RunContext,
  ground: TrainingGround,
): Promise<TrainingResult> {
  const training = await prepareTraining(spec, ground);
  const known = await findTrained(training.key, ground);
  const started = performance.now();
  const { bundleDigest, metrics } = known ?? (await trainAnew(spec, training, context, ground));
  const trainSeconds = known === undefined ? (performance.now() - started) / 1000 : 0;
  await ground.registry.register(spec.name, bundleDigest, context.runId);
  return { bundleDigest, metrics, trainSeconds, reused: known !== undefined };
}

/** The bundle of an equal training, if all of it is still there. */
async function findTrained(key: string, { trained, artifacts }: TrainingGround): Promise<TrainedBundle | undefined> {
  const known = await trained.find(key);
  return known && (await hasBundle(artifacts, known.bundleDigest)) ? known : undefined;
}

async function trainAnew(
  spec: TrainingSpec,
  training: PreparedTraining,
  context: RunContext,
  ground: TrainingGround,
): Promise<TrainedBundle> {
  const { engine, artifacts, trained } = ground;
  const { recipe, dataset, key } = training;
  const { model, metrics } = await optimise(spec, training, context, ground);
  const bundle = await exportBundle(recipe, model, engine, provenanceOf(spec, training, model));
  context.signal.throwIfAborted();
  const result = { bundleDigest: await putBundle(artifacts, bundle), metrics };
  await trained.remember(key, result);
  context.log.info('encoder trained', { encoder: spec.name, dataset: dataset.name, ...result });
  return result;
}

async function optimise(
  { seed }: TrainingSpec,
  { recipe, dataset }: PreparedTraining,
  { runId, signal, progress }: RunContext,
  { engine, liveMetrics }: TrainingGround,
): Promise<{ readonly model: TrainedModel; readonly metrics: TrainingMetrics }> {
  const measure = createMetricsMeter(recipe, dataset.length);
  let metrics: TrainingMetrics = { epoch: 0, step: 0, loss: 0, learningRate: 0 };
  try {
    const model = await train(recipe, trainingSetOf(dataset), {
      engine,
      seed,
      signal,
      onProgress: (done) => {
        metrics = measure(done);
        liveMetrics.set(runId, metrics);
        progress({ stage: 'train', done: done.step, total: done.steps, unit: 'steps' });
      },
    });
    return { model, metrics };
  } catch (error) {
    if (!(error instanceof TrainingDivergedError)) throw error;
    throw new PreconditionError(`${error.message}; try a smaller learningRate`, { cause: error });
  } finally {
    liveMetrics.forget(runId);
  }
}

function trainingSetOf(dataset: Dataset): TrainingSet {
  return {
    images: dataset.images(Array.from({ length: dataset.length }, (_, index) => index)),
    labels: int64([dataset.length], Array.from(dataset.labels)),
    classes: dataset.classes.length,
  };
}

function provenanceOf(spec: TrainingSpec, training: PreparedTraining, model: TrainedModel): TrainingProvenance {
  const { dataset, recipe } = training;
  return {
    size: spec.size,
    dataset: dataset.name,
    datasetDigest: dataset.digest,
    seed: spec.seed,
    epochs: recipe.schedule.epochs,
    batchSize: recipe.schedule.batchSize,
    steps: model.steps,
    finalLoss: model.finalLoss,
  };
}
