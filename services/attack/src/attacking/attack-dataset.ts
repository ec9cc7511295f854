import { batches, type DatasetEnvironment, SampleSetDigest } from '@parallax/datasets';
import type { EncoderDirectory } from '@parallax/messages';
import type { ArtifactStore } from '@parallax/store';
import { concatBatch, encodeTensor, type Tensor, type WireTensor } from '@parallax/tensor';
import type { RunContext } from '@parallax/workflow';
import { attackBatch } from './attack-batch.ts';
import { AttackTally } from './attack-tally.ts';
import { type PreparedRun, prepareRun } from './prepare-run.ts';
import { storeOutcome } from './store-outcome.ts';
import { loadedSpec, type StoredResult, type StoredSpec } from './stored-run.ts';

/** What attack runs stand on. */
export interface AttackGround {
  readonly artifacts: ArtifactStore;
  readonly datasets: DatasetEnvironment;
  readonly encoders: EncoderDirectory;
}

/** Attacks a dataset batch by batch, and stores what came out when all of it is verified. */
export async function attackDataset(
  spec: StoredSpec,
  context: RunContext,
  ground: AttackGround,
): Promise<StoredResult> {
  const options = { signal: context.signal, deadlineMs: Number.POSITIVE_INFINITY };
  const run = await prepareRun(loadedSpec(spec), ground, options);
  const { dataset } = run;
  const references = negativesOf(run);
  const tally = new AttackTally(run.attack);
  const sampleSet = new SampleSetDigest();
  const stored: Tensor<'float32'>[] = [];
  let done = 0;
  const report = (images: number) =>
    context.progress({ stage: 'attack', done: Math.floor(images), total: dataset.length, unit: 'images' });
  report(0);
  for (const indices of batches(dataset, run.batchSize)) {
    const images = dataset.images(indices);
    const sampleIds = indices.map((index) => dataset.sampleIds[index] ?? 0);
    const labels = indices.map((index) => dataset.labels[index] ?? 0);
    const batch = { images, labels, sampleIds, targets: [], references };
    const attacked = await attackBatch(run, batch, options, (share) => report(done + share * indices.length));
    tally.add(attacked);
    stored.push(attacked.stored);
    sampleSet.add(sampleIds, images);
    done += indices.length;
    report(done);
  }
  const summary = tally.summarize();
  context.signal.throwIfAborted();
  const digests = await storeOutcome(ground.artifacts, run, { stored: concatBatch(stored), tally });
  return { ...digests, sampleSetDigest: sampleSet.hex(), summary };
}

/** Images that every sample of the run is told apart from. */
const mostNegatives = 128;

/** The same for every batch, so that no value depends on how the set is cut. */
function negativesOf({ objectives, dataset }: PreparedRun): WireTensor | undefined {
  if (!objectives.some(({ kind }) => kind === 'infoNce')) return undefined;
  const first = Array.from({ length: Math.min(mostNegatives, dataset.length) }, (_, index) => index);
  return encodeTensor(dataset.images(first));
}
