import type { EncoderRef, HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { type EncoderOutcome, Stage } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import type { ProbeRun, ProbeSource } from '@parallax/proto/parallax/probe/v1/probe_run';
import { CreateProbeRunRequest, EvaluateHeadRequest } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { CarriedOut } from './carried-out.ts';
import { followRun } from './follow-run.ts';
import { record } from './record.ts';
import { encoderRef, trainingSet } from './train.ts';

/** The head that judges an encoder: the fitted one, or the encoder's own. */
export function headRef({ headDigest }: EncoderOutcome): HeadRef {
  return headDigest === ''
    ? { head: { $case: 'own', value: {} } }
    : { head: { $case: 'artifactDigest', value: headDigest } };
}

/** Second stage: a linear head for every encoder and, as the floor of all probes, for raw pixels. */
export async function probe(experiment: CarriedOut): Promise<void> {
  const { plan, notebook } = experiment;
  await notebook.begin(Stage.PROBE, plan.encoders.length + (plan.skipRawPixels ? 0 : 1));
  if (!plan.skipRawPixels) {
    const source: ProbeSource = { source: { $case: 'rawPixels', value: {} } };
    const floor = await notebook.item('raw pixels', (onProgress) =>
      fit(experiment, 'raw-pixels', source, plan.trainDataset, onProgress),
    );
    await notebook.note({ rawPixels: floor.result?.testAccuracy });
    await record(experiment);
  }
  for (const planned of plan.encoders) {
    const learned = await notebook.item(planned.name, (onProgress) => head(experiment, planned, onProgress));
    const encoders = notebook.result.encoders.map((each) =>
      each.name === planned.name ? { ...each, ...learned } : each,
    );
    await notebook.note({ encoders });
    await record(experiment);
  }
}

type Learned = Pick<EncoderOutcome, 'headDigest' | 'probeAccuracy' | 'probeRunId'>;

async function head(
  experiment: CarriedOut,
  planned: PlannedEncoder,
  onProgress: (progress: Progress) => void,
): Promise<Learned> {
  const source = sourceOf(encoderRef(planned));
  if (planned.useOwnHead) return ownHead(experiment, source);
  const fitted = await fit(experiment, planned.name, source, trainingSet(planned, experiment.plan), onProgress);
  return {
    headDigest: fitted.result?.headDigest ?? '',
    probeAccuracy: fitted.result?.testAccuracy,
    probeRunId: fitted.run?.id ?? '',
  };
}

function sourceOf(encoder: EncoderRef): ProbeSource {
  return { source: { $case: 'encoder', value: encoder } };
}

async function ownHead({ plan, peers, signal }: CarriedOut, source: ProbeSource): Promise<Learned> {
  const { seed, batchSize, testDataset: dataset } = plan;
  const request = EvaluateHeadRequest.create({ source, dataset, seed, batchSize });
  const { accuracy } = await peers.probe.evaluateHead(request, { signal, deadlineMs: Number.POSITIVE_INFINITY });
  return { headDigest: '', probeAccuracy: accuracy, probeRunId: '' };
}

async function fit(
  { id, plan, peers, signal }: CarriedOut,
  name: string,
  source: ProbeSource,
  trainDataset: CarriedOut['plan']['trainDataset'],
  onProgress: (progress: Progress) => void,
): Promise<ProbeRun> {
  const { testDataset, probe: recipe, seed } = plan;
  const spec = { source, trainDataset, testDataset, recipe, seed };
  const request = CreateProbeRunRequest.create({ spec, requestId: `${id}/probe/${name}` });
  const { probeRun } = await peers.probe.createProbeRun(request, { signal });
  const run = { id: probeRun?.run?.id ?? '' };
  return followRun<ProbeRun>(
    {
      watch: async function* () {
        for await (const message of peers.probe.watchProbeRun(run, { signal })) yield message.probeRun;
      },
      runOf: (resource) => resource.run,
      cancel: () => peers.probe.cancelProbeRun(run),
      onProgress,
    },
    signal,
  );
}
