import { type DatasetEnvironment, SampleSetDigest } from '@parallax/datasets';
import type { EncoderDirectory } from '@parallax/messages';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore } from '@parallax/store';
import { concatBatch, type Tensor } from '@parallax/tensor';
import type { RunContext } from '@parallax/workflow';
import { attackRows } from './attack-rows.ts';
import { AttackTally, type Summary } from './attack-tally.ts';
import { type Diagnosis, diagnoseRun } from './diagnose-run.ts';
import { prepareRun } from './prepare-run.ts';
import { storeOutcome } from './store-outcome.ts';
import { loadedSpec, type StoredResult, type StoredSpec } from './stored-run.ts';

/** What attack runs stand on. */
export interface AttackGround {
  readonly artifacts: ArtifactStore;
  readonly datasets: DatasetEnvironment;
  readonly encoders: EncoderDirectory;
  /** Computes attacks that are placed far. */
  readonly engine: Engine;
}

/** Attacks a dataset batch by batch, and stores what came out when all of it is verified. */
export async function attackDataset(
  stored: StoredSpec,
  context: RunContext,
  ground: AttackGround,
): Promise<StoredResult> {
  const options = { signal: context.signal, deadlineMs: Number.POSITIVE_INFINITY };
  const environment = { encoders: ground.encoders, engine: ground.engine, options };
  const spec = loadedSpec(stored);
  const run = await prepareRun(spec, ground, options);
  const { dataset } = run;
  const tally = new AttackTally(run.attack);
  const sampleSet = new SampleSetDigest();
  const parts: Tensor<'float32'>[] = [];
  const report = (stage: string) => (images: number) =>
    context.progress({ stage, done: Math.floor(images), total: dataset.length, unit: 'images' });
  const all = Array.from(dataset.labels, (_, row) => row);
  for await (const attacked of attackRows(run, all, environment, report('attack'))) {
    tally.add(attacked);
    parts.push(attacked.stored);
    sampleSet.add(
      attacked.rows.map((row) => dataset.sampleIds[row] ?? 0),
      dataset.images(attacked.rows),
    );
  }
  const reportShare = (share: number) => report('diagnose')(share * dataset.length);
  const own = tally.summarize();
  const diagnosis = spec.diagnose ? await diagnoseRun({ spec, run, tally }, environment, reportShare) : undefined;
  const summary = diagnosis === undefined ? own : withDiagnosis(own, diagnosis);
  context.signal.throwIfAborted();
  const outcome = { stored: concatBatch(parts), tally, diagnostics: summary.diagnostics };
  const digests = await storeOutcome(ground.artifacts, run, outcome);
  return { ...digests, sampleSetDigest: sampleSet.hex(), summary };
}

/** A stage without gradients that ran for some samples says less than one that is run for all. */
function withDiagnosis(summary: Summary, { diagnostics, cost }: Diagnosis): Summary {
  const compared = new Set(diagnostics.map(({ name }) => name));
  const own = summary.diagnostics.filter(({ name }) => !compared.has(name));
  return { ...summary, diagnostics: [...own, ...diagnostics], diagnosis: cost };
}
