import {
  type ComparedAttack,
  comparisons,
  type Diagnostic,
  findAttack,
  planDiagnosis,
  type SampleRecord,
  summarize,
} from '@parallax/attacks';
import { customCascade, normMessages, objectiveMessage, optionValueMessages } from '@parallax/messages';
import type { AttackRunSpec } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackSpec } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { attackRows } from './attack-rows.ts';
import type { AttackTally } from './attack-tally.ts';
import { type AttackEnvironment, prepareAttack } from './prepare-attack.ts';
import type { PreparedRun } from './prepare-run.ts';

/** Images that the attacks are run on at most: the first of the dataset. */
const mostSamples = 64;

/** What an attack was compared with has said, and cost. */
export interface Diagnosis {
  readonly diagnostics: readonly Diagnostic[];
  readonly cost: {
    readonly samples: number;
    /** Passes, in images. */
    readonly forward: number;
    readonly backward: number;
    /** With verification. */
    readonly seconds: number;
  };
}

/** A run that is done, as it was asked for, and what it has left. */
export interface DoneRun {
  readonly spec: AttackRunSpec;
  readonly run: PreparedRun;
  readonly tally: AttackTally;
}

/** Compares an attack with others on the first images of its dataset. `report` hears the share done, in [0,1]. */
export async function diagnoseRun(
  { spec, run, tally }: DoneRun,
  environment: AttackEnvironment,
  report: (share: number) => void,
): Promise<Diagnosis> {
  const started = performance.now();
  const records = tally.records.slice(0, mostSamples);
  const { stages, budget } = run.attack;
  const [first] = run.sources;
  const planned = planDiagnosis({
    stages: stages.map((stage, index) => ({
      ...stage,
      objective: first?.objectives[index]?.spec ?? stage.attack.objective,
    })),
    budget,
    dims: run.dataset.shape,
    targeted: run.targets.rule !== 'none',
  });
  const diagnostics: Diagnostic[] = [];
  const others: SampleRecord[] = [];
  for (const [place, compared] of planned.entries()) {
    const given = { ...spec, ...comparedSpec(spec, run, compared, tally.gradientDraws) };
    const task = { ...run, ...(await prepareAttack(given, environment)) };
    const rows = records.flatMap(({ robust }, row) => (robust || !compared.onSurvivors ? [row] : []));
    const other = await recordsOf(task, rows, environment, (share) => report((place + share) / planned.length));
    diagnostics.push(comparisons[compared.check]({ attack: records, other, classes: run.classes }));
    others.push(...other);
  }
  const { forward, backward } = summarize(others, budget.norm);
  const seconds = (performance.now() - started) / 1000;
  return { diagnostics, cost: { samples: records.length, forward, backward, seconds } };
}

async function recordsOf(
  run: PreparedRun,
  rows: readonly number[],
  environment: AttackEnvironment,
  report: (share: number) => void,
): Promise<readonly SampleRecord[]> {
  const records: SampleRecord[] = [];
  const reportRows = (done: number) => report(done / Math.max(1, rows.length));
  for await (const batch of attackRows(run, rows, environment, reportRows)) records.push(...batch.records);
  return records;
}

/** The request as it would be for the other attack: what is not the attack's own stays as it is. */
function comparedSpec(
  { attack = AttackSpec.create({}), sources }: AttackRunSpec,
  { attack: { name, isCascade } }: PreparedRun,
  { stages, budget }: ComparedAttack,
  gradientDraws: number,
): Pick<AttackRunSpec, 'attack' | 'sources'> {
  const [stage, ...more] = stages;
  const needs = stages.map((each) => findAttack(each.attack).needs.includes('gradient'));
  const messages = stages.map((each) => ({
    name: each.attack,
    options: optionValueMessages(each.options ?? {}),
    objective: each.objective && objectiveMessage(each.objective),
  }));
  const isSingle = stage !== undefined && more.length === 0;
  const isOwn = isSingle && !isCascade && stage.attack === name;
  const objective = isSingle ? messages[0]?.objective : undefined;
  return {
    attack: {
      ...attack,
      budget: { norm: normMessages[budget.norm], epsilon: budget.epsilon },
      ...(isSingle
        ? { name: stage.attack, options: messages[0]?.options ?? {}, stages: [] }
        : { name: customCascade, options: {}, stages: messages }),
      gradientDraws: needs.includes(true) ? gradientDraws : 0,
      acceptanceDraws: needs.includes(false) ? attack.acceptanceDraws : 0,
    },
    sources: isOwn ? sources : sources.map((source) => ({ ...source, objective })),
  };
}
