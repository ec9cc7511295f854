import { AttackSummary } from '@parallax/proto/parallax/attack/v1/attack_summary';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Run, RunState } from '@parallax/proto/parallax/common/v1/run';
import { RecipeSize } from '@parallax/proto/parallax/encoder/v1/training_run';
import {
  AttackOutcome,
  CellOutcome,
  EncoderOutcome,
  Experiment,
  type ImageStrip,
  Stage,
} from '@parallax/proto/parallax/experiment/v1/experiment';
import { Plan, PlannedAttack, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import { proportion } from '@parallax/statistics';
import type { ExampleImages } from './example-images.ts';

/** Samples attacked in the example. */
export const samples = 200;

const classNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const labels = [3, 8, 8, 0, 6, 6, 1, 6];

/** The encoders: name, paradigm, parameters, features, seconds of training, images of 1,000 that its head gets right. */
const encoders = [
  ['sl-tiny', Paradigm.SL, 174_906n, 128, 58.4, 563],
  ['cl-tiny', Paradigm.CL, 174_256n, 128, 70.2, 438],
  ['mim-tiny', Paradigm.MIM, 421_120n, 96, 66.9, 402],
  ['dm-tiny', Paradigm.DM, 310_403n, 128, 71.8, 417],
] as const;

/** Of 200 samples, how many each encoder (column) gets right: clean, and on the examples found on each (row). */
export const cleanCorrect = [114, 90, 83, 86] as const;
export const correct: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'pgd-linf-8': [
    [3, 61, 66, 71],
    [74, 9, 58, 64],
    [88, 66, 12, 60],
    [91, 70, 63, 21],
  ],
  'apgd-ce-linf-8': [
    [0, 58, 64, 70],
    [71, 5, 55, 62],
    [87, 63, 8, 57],
    [90, 68, 61, 16],
  ],
};

/** Names of the attacks of the example. */
export const attackNames: readonly string[] = Object.keys(correct);

/** Names of the encoders of the example. */
export const encoderNames: readonly string[] = encoders.map(([name]) => name);

/** A finished experiment of four encoders and two attacks, with numbers as tiny encoders have them. */
export function finishedExperiment(id: string, images: Partial<ExampleImages>): Experiment {
  return {
    run: Run.create({
      id,
      state: RunState.SUCCEEDED,
      createTime: new Date('2026-11-23T09:30:00Z'),
      startTime: new Date('2026-11-23T09:30:01Z'),
      endTime: new Date('2026-11-23T09:36:18Z'),
    }),
    plan: examplePlan(),
    progress: { stage: Stage.AGGREGATE, item: '', itemsDone: 1, itemsTotal: 1, progress: undefined },
    result: {
      encoders: encoders.map((_, index) => encoderOutcome(index)),
      rawPixels: proportion(287, 1000),
      attacks: attackNames.flatMap((attack) => encoderNames.map((encoder) => attackOutcome(attack, encoder))),
      cells: [...encoderNames.map(cleanCell), ...attackNames.flatMap(cellsOf)],
      strips: attackNames.flatMap((attack) => encoderNames.map((source) => strip(attack, source, images))),
      timings: [
        { stage: Stage.TRAIN, seconds: 267.3 },
        { stage: Stage.PROBE, seconds: 21.8 },
        { stage: Stage.ATTACK, seconds: 74.1 },
        { stage: Stage.TRANSFER, seconds: 12.6 },
        { stage: Stage.AGGREGATE, seconds: 0.4 },
      ],
      attackSamples: samples,
      sampleSetDigest: '5c'.repeat(32),
    },
  };
}

/** The same experiment just begun: nothing is known, the first encoder is trained. */
export function startedExperiment(id: string): Experiment {
  return Experiment.create({
    run: { id, state: RunState.RUNNING, createTime: new Date(), startTime: new Date() },
    plan: examplePlan(),
    progress: {
      stage: Stage.TRAIN,
      item: 'sl-tiny',
      itemsDone: 0,
      itemsTotal: 4,
      progress: { stage: 'train', done: 412n, total: 780n, unit: 'steps', ratePerSecond: 13.4, remainingSeconds: 27.5 },
    },
    result: { attackSamples: samples },
  });
}

/** What the example plans. */
export function examplePlan(): Plan {
  const plannedEncoders: readonly PlannedEncoder[] = encoders.map(([name, paradigm]) =>
    PlannedEncoder.create({ name, source: { $case: 'training', value: { paradigm, size: RecipeSize.TINY } } }),
  );
  const plannedAttacks: readonly PlannedAttack[] = attackNames.map((name) =>
    PlannedAttack.create({
      name,
      attack: { name: name.replace('-linf-8', ''), budget: { norm: Norm.LINF, epsilon: 8 / 255 } },
    }),
  );
  return Plan.create({
    title: 'Quickstart: four paradigms on CIFAR-10',
    trainDataset: { name: 'cifar10:train' },
    testDataset: { name: 'cifar10:test:0-1000' },
    encoders: plannedEncoders,
    attacks: plannedAttacks,
    attackSamples: samples,
    seed: 7n,
  });
}

/** What is known of an encoder at the end. */
export function encoderOutcome(index: number): EncoderOutcome {
  const [name, paradigm, parameters, featureDimension, trainSeconds, right] = encoders[index] ?? encoders[0];
  const probeAccuracy = proportion(right, 1000);
  return EncoderOutcome.create({ name, paradigm, parameters, featureDimension, trainSeconds, probeAccuracy });
}

/** A cell by attack, row and column. */
export function cell(attack: string, row: number, column: number): CellOutcome {
  const source = encoderNames[row] ?? '';
  const target = encoderNames[column] ?? '';
  return { attack, source, target, accuracy: proportion(correct[attack]?.[row]?.[column] ?? 0, samples) };
}

/** What one attack did to one encoder. */
export function attackOutcome(attack: string, encoder: string): AttackOutcome {
  const index = encoderNames.indexOf(encoder);
  const right = correct[attack]?.[index]?.[index] ?? 0;
  const summary = AttackSummary.create({
    samples,
    cleanCorrect: proportion(cleanCorrect[index] ?? 0, samples),
    robust: proportion(right, samples),
    robustUint8: proportion(right, samples),
    adversarialCorrect: proportion(right, samples),
    forward: 10_200n,
    backward: 10_000n,
    attackSeconds: 8.1 + index,
    verifySeconds: 0.6,
    largestNorm: 0.03137254,
  });
  return AttackOutcome.create({ attack, encoder, attackRunId: `${attack}-${encoder}`, summary });
}

/** Images to look at, with what every encoder takes them for: the attacked one is wrong, the others sometimes. */
export function strip(attack: string, source: string, { clean, adversarial }: Partial<ExampleImages>): ImageStrip {
  const predictions = encoderNames.map((encoder, index) => ({
    encoder,
    clean: labels.map((label, sample) => (sample === 5 + index ? (label + 4) % 10 : label)),
    adversarial: labels.map((label, sample) =>
      encoder === source || (sample + index) % 3 === 0 ? (label + 2 + sample) % 10 : label,
    ),
  }));
  const sampleIds = labels.map((_, index) => BigInt(index));
  return { attack, source, sampleIds, labels, classNames, clean, adversarial, predictions };
}

function cleanCell(target: string, index: number): CellOutcome {
  return CellOutcome.create({ target, accuracy: proportion(cleanCorrect[index] ?? 0, samples) });
}

function cellsOf(attack: string): CellOutcome[] {
  return encoderNames.flatMap((_, row) => encoderNames.map((__, column) => cell(attack, row, column)));
}
