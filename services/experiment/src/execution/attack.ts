import { type AttackRun, AttackRunSpec } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackSpec, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import {
  AttackOutcome,
  type EncoderOutcome,
  type ExperimentResult,
  Stage,
} from '@parallax/proto/parallax/experiment/v1/experiment';
import type { PlannedAttack, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import type { CarriedOut } from './carried-out.ts';
import { followRun } from './follow-run.ts';
import { headRef } from './probe.ts';
import { record } from './record.ts';
import { attackedDataset } from './samples.ts';
import { encoderRef } from './train.ts';

/** Third stage: every attack of the plan from every encoder. */
export async function attack(experiment: CarriedOut): Promise<void> {
  const { plan, notebook } = experiment;
  const { name: dataset, length } = await attackedDataset(experiment);
  await notebook.begin(Stage.ATTACK, plan.attacks.length * plan.encoders.length);
  await notebook.note({ attackSamples: length });
  for (const [place, planned] of plan.attacks.entries()) {
    for (const [index, encoder] of plan.encoders.entries()) {
      const known = notebook.result.encoders[index];
      if (known === undefined) throw new Error(`attack: encoder ${encoder.name} has not been trained`);
      const run = await notebook.item(`${encoder.name} / ${planned.name}`, (onProgress) =>
        attackOne(experiment, { place, planned, encoder, known, dataset, onProgress }),
      );
      const outcome = AttackOutcome.create({
        attack: planned.name,
        encoder: encoder.name,
        attackRunId: run.run?.id ?? '',
        adversarialSetDigest: run.result?.adversarialSetDigest ?? '',
        recordDigest: run.result?.recordDigest ?? '',
        ...(run.result?.summary && { summary: run.result.summary }),
      });
      await notebook.note({
        attacks: [...notebook.result.attacks, outcome],
        sampleSetDigest: sameSamples(notebook.result, run),
      });
      await record(experiment);
    }
  }
}

/** The sample set of a run, which is that of all runs before: otherwise their numbers could not be compared. */
function sameSamples({ sampleSetDigest: known }: ExperimentResult, { result }: AttackRun): string {
  const digest = result?.sampleSetDigest ?? '';
  if (known === '' || digest === known) return digest;
  throw new Error(`attack: expected all attacks on the samples ${known}, got ${digest}`);
}

interface One {
  /** Of the attack in the plan. */
  readonly place: number;
  readonly planned: PlannedAttack;
  readonly encoder: PlannedEncoder;
  readonly known: EncoderOutcome;
  readonly dataset: string;
  readonly onProgress: (progress: Progress) => void;
}

async function attackOne(
  { id, plan, peers, signal }: CarriedOut,
  { place, planned, encoder, known, dataset, onProgress }: One,
): Promise<AttackRun> {
  const { seed, batchSize } = plan;
  const given = planned.attack ?? AttackSpec.create({});
  // Whoever is asked about the examples of another sees all of them, so all are attacked through all steps.
  const selection = given.selection === Selection.UNSPECIFIED ? Selection.TRANSFER : given.selection;
  const source = {
    encoder: encoderRef(encoder),
    head: headRef(known),
    objective: planned.objective,
    weight: undefined,
  };
  const spec = {
    ...AttackRunSpec.create({ dataset: { name: dataset }, seed, batchSize }),
    sources: [source],
    attack: { ...given, selection },
    observed: planned.observed,
  };
  const request = { spec, requestId: `${id}/attack/${place}/${encoder.name}` };
  const { attackRun } = await peers.attack.createAttackRun(request, { signal });
  const run = { id: attackRun?.run?.id ?? '' };
  return followRun<AttackRun>(
    {
      watch: async function* () {
        for await (const message of peers.attack.watchAttackRun(run, { signal })) yield message.attackRun;
      },
      runOf: (resource) => resource.run,
      cancel: () => peers.attack.cancelAttackRun(run),
      onProgress,
    },
    signal,
  );
}
