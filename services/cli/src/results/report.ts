import { writeFile } from 'node:fs/promises';
import type { Proportion } from '@parallax/proto/parallax/common/v1/interval';
import {
  type AttackOutcome,
  type Experiment,
  type ExperimentResult,
  Stage,
} from '@parallax/proto/parallax/experiment/v1/experiment';
import type { PlannedAttack } from '@parallax/proto/parallax/experiment/v1/plan';
import { normName } from '../options/norms.ts';
import { formatParadigm } from '../options/paradigms.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { version } from '../version.ts';
import { accuracyOf } from './tables.ts';

/** Writes the report of an experiment to a file. */
export async function writeReport(experiment: Experiment, file: string, terminal: Terminal): Promise<void> {
  await writeFile(file, `${JSON.stringify(experimentReport(experiment), undefined, 2)}\n`);
  terminal.note(`results: ${file}`);
}

/**
 * Everything an experiment found, as plain JSON with a fixed order of keys. With the same seed two reports are equal in
 * everything but `run` and `timings`.
 */
export function experimentReport(experiment: Experiment) {
  const { plan, result } = experiment;
  if (plan === undefined || result === undefined) throw new Error('the experiment ended without plan or result');
  return {
    format: 'parallax.report/1',
    versions: { parallax: version, node: process.version },
    dataset: { train: plan.trainDataset?.name ?? '', test: plan.testDataset?.name ?? '' },
    seed: Number(plan.seed),
    samples: result.attackSamples,
    sampleSetDigest: result.sampleSetDigest,
    encoders: result.encoders.map((encoder) => ({
      name: encoder.name,
      paradigm: formatParadigm(encoder.paradigm),
      parameters: Number(encoder.parameters),
      features: encoder.featureDimension,
      bundleDigest: encoder.bundleDigest,
      headDigest: encoder.headDigest,
      probeAccuracy: proportion(encoder.probeAccuracy),
      rawPixelProbe: proportion(result.rawPixels),
    })),
    matrices: plan.attacks.map((attack) => matrix(attack, result, Number(plan.seed))),
    run: {
      id: experiment.run?.id ?? '',
      reusedEncoders: result.encoders.filter(({ reused }) => reused).map(({ name }) => name),
    },
    timings: timings(experiment, result),
  };
}

/** One transfer matrix: rows are encoders the examples were found on, columns those that are asked. */
function matrix(planned: PlannedAttack, result: ExperimentResult, seed: number) {
  const targets = result.encoders.map(({ name }) => name);
  return {
    attack: planned.name,
    norm: normName(planned.attack?.budget?.norm),
    epsilon: planned.attack?.budget?.epsilon ?? 0,
    options: optionsOf(planned),
    seed,
    n: result.attackSamples,
    targets,
    clean: targets.map((target) => proportion(accuracyOf(result, '', '', target))),
    rows: targets.map((source) => ({
      source,
      cells: targets.map((target) => proportion(accuracyOf(result, planned.name, source, target))),
      verified: verified(
        result.attacks.find((outcome) => outcome.attack === planned.name && outcome.encoder === source),
      ),
    })),
  };
}

function optionsOf({ attack }: PlannedAttack): Record<string, number | string | boolean> {
  const entries = Object.entries(attack?.options ?? {}).sort(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(entries.map(([name, { value }]) => [name, value?.value ?? '']));
}

/** What the verifier measured on the stored examples of one attack. */
function verified(outcome: AttackOutcome | undefined) {
  const summary = outcome?.summary;
  return {
    adversarialSetDigest: outcome?.adversarialSetDigest ?? '',
    recordDigest: outcome?.recordDigest ?? '',
    adversarialCorrect: proportion(summary?.adversarialCorrect),
    robust: proportion(summary?.robust),
    largestNorm: summary?.largestNorm ?? 0,
    budgetViolations: summary?.budgetViolations ?? 0,
    forward: Number(summary?.forward ?? 0n),
    backward: Number(summary?.backward ?? 0n),
  };
}

function proportion(measured: Proportion | undefined) {
  if (measured === undefined || measured.trials === 0) return null;
  const { successes, trials, value, interval } = measured;
  return {
    successes,
    n: trials,
    value,
    lower: interval?.lower ?? 0,
    upper: interval?.upper ?? 0,
    level: interval?.level ?? 0,
  };
}

const stageNames: Readonly<Record<number, string>> = {
  [Stage.TRAIN]: 'train',
  [Stage.PROBE]: 'probe',
  [Stage.ATTACK]: 'attack',
  [Stage.TRANSFER]: 'transfer',
  [Stage.AGGREGATE]: 'aggregate',
};

/** Name of a stage, as people write it. */
export function stageName(stage: Stage): string {
  return stageNames[stage] ?? '';
}

function timings({ run }: Experiment, result: ExperimentResult) {
  const milliseconds = (run?.endTime?.getTime() ?? 0) - (run?.startTime?.getTime() ?? 0);
  return {
    startTime: run?.startTime?.toISOString() ?? '',
    totalSeconds: milliseconds / 1000,
    stages: Object.fromEntries(result.timings.map(({ stage, seconds }) => [stageName(stage), seconds])),
    training: Object.fromEntries(result.encoders.map(({ name, trainSeconds }) => [name, trainSeconds])),
    attacks: result.attacks.map(({ attack, encoder, summary }) => ({
      attack,
      source: encoder,
      attackSeconds: summary?.attackSeconds ?? 0,
      verifySeconds: summary?.verifySeconds ?? 0,
    })),
  };
}
