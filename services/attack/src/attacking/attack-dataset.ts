import { encodeRecords, type RecordHeader } from '@parallax/attacks';
import { batches, type DatasetEnvironment, putImageSet, SampleSetDigest } from '@parallax/datasets';
import type { EncoderDirectory } from '@parallax/messages';
import type { ArtifactStore, JsonValue } from '@parallax/store';
import { concatBatch, encodeTensor, type Tensor, type WireTensor } from '@parallax/tensor';
import type { RunContext } from '@parallax/workflow';
import { attackBatch } from './attack-batch.ts';
import { AttackTally } from './attack-tally.ts';
import { type PreparedRun, prepareRun } from './prepare-run.ts';
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
  const header = headerOf(run, tally.notes);
  const recordDigest = await putRecords(ground.artifacts, header, tally);
  const { classes, labels, sampleIds } = dataset;
  const set = { classes, images: concatBatch(stored), labels, sampleIds };
  const adversarialSetDigest = await putImageSet(ground.artifacts, set, { ...header, records: recordDigest });
  return { adversarialSetDigest, recordDigest, sampleSetDigest: sampleSet.hex(), summary };
}

/** Images that every sample of the run is told apart from. */
const mostNegatives = 128;

/** The same for every batch, so that no value depends on how the set is cut. */
function negativesOf({ objective, dataset }: PreparedRun): WireTensor | undefined {
  if (objective.kind !== 'infoNce') return undefined;
  const first = Array.from({ length: Math.min(mostNegatives, dataset.length) }, (_, index) => index);
  return encodeTensor(dataset.images(first));
}

/** All that it takes to do the run again; nothing that could differ when it is. */
function headerOf({ source, attack, objective, dataset, seed }: PreparedRun, notes: readonly string[]) {
  const { encoder, head } = source;
  const header = {
    format: 'parallax.attack-records/1',
    encoder: { name: encoder.name, bundle: encoder.bundleDigest },
    head: head?.head?.$case === 'artifactDigest' ? head.head.value : 'own',
    attack: { name: attack.attack.name, options: attack.bound.options },
    budget: { ...attack.budget },
    selection: attack.selection,
    gradientDraws: attack.gradientDraws ?? null,
    verdictDraws: attack.verdictDraws ?? null,
    objective: { ...objective },
    dataset: { name: dataset.name, digest: dataset.digest },
    seed: String(seed),
    notes,
  };
  return header satisfies RecordHeader & { readonly [key: string]: JsonValue };
}

function putRecords(artifacts: ArtifactStore, header: RecordHeader, tally: AttackTally): Promise<string> {
  return artifacts.put(new TextEncoder().encode(encodeRecords({ header, records: tally.records })));
}
