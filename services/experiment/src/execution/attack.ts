import type { AttackRun } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackSpec, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { AttackOutcome, type EncoderOutcome, Stage } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { PlannedAttack, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import type { CarriedOut } from './carried-out.ts';
import { followRun } from './follow-run.ts';
import { headRef } from './probe.ts';
import { attackedDataset } from './samples.ts';
import { encoderRef } from './train.ts';

/** Third stage: every attack of the plan from every encoder. */
export async function attack(experiment: CarriedOut): Promise<void> {
  const { plan, notebook } = experiment;
  const { name: dataset, length } = await attackedDataset(experiment);
  await notebook.begin(Stage.ATTACK, plan.attacks.length * plan.encoders.length);
  await notebook.note({ attackSamples: length });
  for (const planned of plan.attacks) {
    for (const [index, encoder] of plan.encoders.entries()) {
      const known = notebook.result.encoders[index];
      if (known === undefined) throw new Error(`attack: encoder ${encoder.name} has not been trained`);
      const run = await notebook.item(`${encoder.name} / ${planned.name}`, (onProgress) =>
        attackOne(experiment, { planned, encoder, known, dataset, onProgress }),
      );
      const outcome = AttackOutcome.create({
        attack: planned.name,
        encoder: encoder.name,
        attackRunId: run.run?.id ?? '',
        adversarialSetDigest: run.result?.adversarialSetDigest ?? '',
        recordDigest: run.result?.recordDigest ?? '',
        ...(run.result?.summary && { summary: run.result.summary }),
      });
      const sampleSetDigest = run.result?.sampleSetDigest ?? '';
      await notebook.note({ attacks: [...notebook.result.attacks, outcome], sampleSetDigest });
    }
  }
}

interface One {
  readonly planned: PlannedAttack;
  readonly encoder: PlannedEncoder;
  readonly known: EncoderOutcome;
  readonly dataset: string;
  readonly onProgress: (progress: Progress) => void;
}

async function attackOne(
  { id, plan, peers, signal }: CarriedOut,
  { planned, encoder, known, dataset, onProgress }: One,
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
    sources: [source],
    attack: { ...given, selection },
    dataset: { name: dataset },
    seed,
    batchSize,
    observed: planned.observed,
  };
  const request = { spec, requestId: `${id}/attack/${planned.name}/${encoder.name}` };
  const { attackRun } = await peers.attack.createAttackRun(request, { signal });
  const run = { id: attackRun?.run?.id ?? '' };
  return followRun<AttackRun>(
    {
      what: `attack ${encoder.name} with ${planned.name}`,
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
