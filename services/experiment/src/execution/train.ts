import { paradigmName } from '@parallax/messages';
import type { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { CreateTrainingRunRequest } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { TrainingRun } from '@parallax/proto/parallax/encoder/v1/training_run';
import { EncoderOutcome, Stage } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { Plan, PlannedEncoder, PlannedTraining } from '@parallax/proto/parallax/experiment/v1/plan';
import type { CarriedOut } from './carried-out.ts';
import { followRun } from './follow-run.ts';
import { record } from './record.ts';

/** How the services are told which encoder of the plan is meant. */
export function encoderRef({ name, source }: PlannedEncoder): EncoderRef {
  if (source?.$case === 'existing') return source.value;
  return { name, paradigm: source?.value.paradigm ?? 0, address: '' };
}

/** The images an encoder and its head learn from: the feature it is planned on, or the natural ones. */
export function trainingSet({ feature }: PlannedEncoder, { trainDataset }: Plan) {
  return feature ?? trainDataset;
}

/** First stage: every encoder of the plan is trained, one after the other because each takes all cores, or looked up. */
export async function train(experiment: CarriedOut): Promise<void> {
  const { plan, notebook } = experiment;
  await notebook.begin(Stage.TRAIN, plan.encoders.length);
  for (const planned of plan.encoders) {
    const outcome = await notebook.item(planned.name, (onProgress) => learn(experiment, planned, onProgress));
    await notebook.note({ encoders: [...notebook.result.encoders, outcome] });
    await record(experiment);
  }
}

/** Trains an encoder if the plan says so, and looks up what it is. */
async function learn(
  experiment: CarriedOut,
  planned: PlannedEncoder,
  onProgress: (progress: Progress) => void,
): Promise<EncoderOutcome> {
  const { peers, signal } = experiment;
  const { name, source } = planned;
  const training =
    source?.$case === 'training' ? await trainOne(experiment, planned, source.value, onProgress) : undefined;
  const { encoder } = await peers.encoders.find(encoderRef(planned), { signal });
  return EncoderOutcome.create({
    name,
    paradigm: encoder.paradigm,
    bundleDigest: encoder.bundleDigest,
    parameters: encoder.parameters,
    featureDimension: encoder.featureDimension,
    trainSeconds: training?.result?.trainSeconds ?? 0,
    reused: training?.result?.reused ?? true,
    trainingRunId: training?.run?.id ?? '',
  });
}

async function trainOne(
  { id, plan, peers, signal }: CarriedOut,
  planned: PlannedEncoder,
  { paradigm, size, overrides }: PlannedTraining,
  onProgress: (progress: Progress) => void,
): Promise<TrainingRun> {
  const { name } = planned;
  const client = peers.encoders.deployment(paradigmName(paradigm) ?? '');
  const spec = { name, paradigm, size, dataset: trainingSet(planned, plan), seed: plan.seed, overrides };
  const request = CreateTrainingRunRequest.create({ spec, requestId: `${id}/train/${name}` });
  const { trainingRun } = await client.createTrainingRun(request, { signal });
  const run = { id: trainingRun?.run?.id ?? '' };
  return followRun<TrainingRun>(
    {
      watch: async function* () {
        for await (const message of client.watchTrainingRun(run, { signal })) yield message.trainingRun;
      },
      runOf: (resource) => resource.run,
      cancel: () => client.cancelTrainingRun(run),
      onProgress,
    },
    signal,
  );
}
