import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Measurement, MeasurementKind, Subject } from '@parallax/proto/parallax/metrics/v1/measurement';
import { normalInterval, proportion } from '@parallax/statistics';
import { describe, expect, it } from 'vitest';
import { parseMeasurements } from '../measurements/parse-measurements.ts';
import { AmbiguousMatrixError, chooseMatrix } from './choose-matrix.ts';
import { featureMeasures } from './feature-measures.ts';
import { lossTrajectories } from './loss-trajectories.ts';
import { transferMatrices } from './transfer-matrix.ts';

const ball = { norm: Norm.LINF, epsilon: 8 / 255 };
const encoders = { sl: Paradigm.SL, cl: Paradigm.CL, mim: Paradigm.MIM, dm: Paradigm.DM } as const;
type Encoder = keyof typeof encoders;

/** A measurement as the store gives it back. */
function measured(
  kind: MeasurementKind,
  subject: Partial<Subject>,
  successes: number,
  trials = 100,
  digest = '',
): Measurement {
  const value = { $case: 'proportion', value: proportion(successes, trials) } as const;
  const whole = Subject.create({ dataset: 'cifar10:test', ...subject });
  const parsed = parseMeasurements([
    Measurement.create({ experimentId: 'e', kind, subject: whole, value, sampleSetDigest: digest }),
  ]);
  return parsed[0] as Measurement;
}

const useful = (encoder: Encoder, feature: string, successes: number, more: Partial<Subject> = {}) =>
  measured(MeasurementKind.USEFULNESS, { encoder, paradigm: encoders[encoder], feature, ...more }, successes);

describe('featureMeasures', () => {
  const natural = [useful('sl', '', 80), useful('cl', '', 60), useful('mim', '', 40), useful('dm', '', 50)];

  it('gives absolute, relative and cross-paradigm usefulness (Eq. 7, 9, 11, 13)', () => {
    const robust = [
      useful('dm', 'robust', 45),
      useful('sl', 'robust', 72),
      useful('cl', 'robust', 30),
      useful('mim', 'robust', 36),
    ];
    const [first, second] = featureMeasures([...robust, ...natural]);
    expect(first).toMatchObject({
      feature: 'natural',
      cross: 0.4,
      crossParadigm: Paradigm.MIM,
      relativeCross: 1,
      complete: true,
    });
    expect(second?.paradigms.map(({ encoder }) => encoder)).toEqual(['sl', 'cl', 'mim', 'dm']);
    expect(second?.paradigms.map(({ relative }) => relative?.toFixed(3))).toEqual(['0.900', '0.500', '0.900', '0.900']);
    expect(second).toMatchObject({
      cross: 0.3,
      crossParadigm: Paradigm.CL,
      relativeCross: 0.5,
      relativeCrossParadigm: Paradigm.CL,
    });
  });

  it('gives natural images the ratio 1 for certain', () => {
    expect(featureMeasures(natural)[0]?.paradigms[0]?.relativeInterval).toEqual({ lower: 1, upper: 1, level: 0.95 });
  });

  it('leaves a ratio to nothing out, and never clamps', () => {
    const [, robust] = featureMeasures([
      ...[useful('sl', '', 0), useful('cl', '', 10)],
      ...[useful('sl', 'robust', 20), useful('cl', 'robust', 40)],
    ]);
    expect(robust?.paradigms.map(({ relative }) => relative)).toEqual([undefined, 4]);
    expect(robust?.relativeCross).toBe(4);
    expect(robust?.complete).toBe(false);
  });

  it('has no relative value without natural images, or when several of them could be meant', () => {
    const alone = featureMeasures([useful('sl', 'robust', 20)]);
    expect(alone[0]).toMatchObject({ relativeCross: undefined, relativeCrossParadigm: Paradigm.UNSPECIFIED });
    const other = { encoder: 'sl-large' };
    const [, robust] = featureMeasures([
      useful('sl', '', 80),
      useful('sl', '', 90, other),
      useful('sl', 'robust', 40),
      useful('sl', 'robust', 40, { encoder: 'sl-robust' }),
    ]);
    expect(robust?.paradigms.map(({ encoder, relative }) => [encoder, relative])).toEqual([
      ['sl', 0.5],
      ['sl-robust', undefined],
    ]);
  });

  it('pools seeds, and lets a newer measurement of a subject take the place of the older', () => {
    const [only] = featureMeasures([useful('sl', '', 10), useful('sl', '', 70), useful('sl', '', 90, { seed: 1n })]);
    expect(only?.paradigms[0]?.absolute).toEqual(proportion(160, 200));
  });

  it('keeps balls and objectives apart', () => {
    const robust = (epsilon: number, objective: string) =>
      measured(
        MeasurementKind.ROBUSTNESS,
        { encoder: 'sl', paradigm: Paradigm.SL, attack: 'pgd', budget: { norm: Norm.LINF, epsilon }, objective },
        10,
      );
    const measures = featureMeasures([robust(0.2, 'dlr'), robust(0.1, 'dlr'), robust(0.1, 'cross-entropy')]);
    expect(measures.map(({ budget, objective }) => [budget?.epsilon, objective])).toEqual([
      [0.1, 'cross-entropy'],
      [0.1, 'dlr'],
      [0.2, 'dlr'],
    ]);
  });
});

describe('transferMatrices', () => {
  const cell = (source: Encoder, target: Encoder, successes: number, more: Partial<Subject> = {}, digest = '') =>
    measured(
      MeasurementKind.TRANSFER,
      {
        encoder: target,
        paradigm: encoders[target],
        sourceEncoder: source,
        sourceParadigm: encoders[source],
        attack: 'pgd',
        budget: ball,
        objective: 'cross-entropy',
        ...more,
      },
      successes,
      200,
      digest,
    );
  const clean = (encoder: Encoder, successes: number, digest = '') =>
    measured(MeasurementKind.CLEAN, { encoder, paradigm: encoders[encoder] }, successes, 200, digest);

  it('has a row for each source, a column for each target, in the order of the paradigms', () => {
    const [matrix] = transferMatrices(
      [cell('cl', 'sl', 60), cell('sl', 'cl', 80), cell('sl', 'sl', 0), cell('cl', 'cl', 20)],
      [clean('cl', 100), clean('sl', 120)],
    );
    expect(matrix?.sources.map(({ encoder }) => encoder)).toEqual(['sl', 'cl']);
    expect(matrix?.rows.map(({ cells }) => cells.map(({ accuracy }) => accuracy?.successes))).toEqual([
      [0, 80],
      [60, 20],
    ]);
    expect(matrix?.rows[0]?.cells[0]?.accuracy?.interval?.upper).toBeCloseTo(0.0188, 3);
    expect(matrix?.rows[1]?.cells[0]?.normalizedDrop).toBeCloseTo(0.5, 12);
    expect(matrix?.clean.map(({ value }) => value)).toEqual([0.6, 0.5]);
    expect(matrix?.complete).toBe(true);
  });

  it('says what is missing', () => {
    const [matrix] = transferMatrices([cell('sl', 'sl', 3), cell('cl', 'cl', 4)], [clean('sl', 120)]);
    expect(matrix?.rows[0]?.cells[1]).toEqual({ accuracy: undefined, normalizedDrop: undefined });
    expect(matrix?.clean[1]?.trials).toBe(0);
    expect(matrix?.complete).toBe(false);
  });

  it('takes clean accuracies on the same images only', () => {
    const [matrix] = transferMatrices([cell('sl', 'sl', 3, {}, 'a'.repeat(64))], [clean('sl', 120, 'b'.repeat(64))]);
    expect(matrix?.clean[0]?.trials).toBe(0);
  });

  it('mixes nothing that differs in attack, ball, objective, dataset or sample set', () => {
    const variants = [
      cell('sl', 'sl', 1),
      cell('sl', 'sl', 2, { attack: 'apgd-ce' }),
      cell('sl', 'sl', 3, { budget: { norm: Norm.L2, epsilon: 0.5 } }),
      cell('sl', 'sl', 4, { objective: 'dlr' }),
      cell('sl', 'sl', 5, { dataset: 'shapes:test' }),
      cell('sl', 'sl', 6, {}, 'a'.repeat(64)),
    ];
    const matrices = transferMatrices(variants, []);
    expect(matrices.map(({ rows }) => rows[0]?.cells[0]?.accuracy?.successes)).toEqual([1, 2, 3, 4, 5, 6]);
    const open = ambiguity(() => chooseMatrix(matrices));
    expect(open).toEqual([
      { field: 'attack', choices: ['pgd', 'apgd-ce'] },
      { field: 'budget', choices: [`LINF ${8 / 255}`, 'L2 0.5'] },
      { field: 'objective', choices: ['cross-entropy', 'dlr'] },
      { field: 'dataset', choices: ['cifar10:test', 'shapes:test'] },
      { field: 'sample_set_digest', choices: ['none', 'a'.repeat(64)] },
    ]);
    expect(chooseMatrix(matrices.slice(0, 1))).toBe(matrices[0]);
    expect(chooseMatrix([])).toBeUndefined();
  });
});

describe('lossTrajectories', () => {
  const loss = (step: number, mean: number, seed = 0n) =>
    Measurement.create({
      kind: MeasurementKind.LOSS,
      subject: {
        ...(useful('cl', '', 1).subject as Subject),
        attack: 'pgd',
        objective: 'cross-entropy',
        observedObjective: 'info-nce',
        step,
        seed,
      },
      value: {
        $case: 'scalar',
        value: { mean, deviation: 0, samples: 10, interval: normalInterval({ mean, deviation: 0, samples: 10 }) },
      },
    });

  it('orders the points, pools the seeds and takes the mean over the steps', () => {
    const [only] = lossTrajectories([loss(4, 8), loss(0, 1), loss(2, 3), loss(2, 5, 1n)]);
    expect(only?.points.map(({ step, loss: value }) => [step, value?.mean, value?.samples])).toEqual([
      [0, 1, 10],
      [2, 4, 20],
      [4, 8, 10],
    ]);
    expect(only?.mean).toBe((5 + 12) / 4);
    expect(lossTrajectories([loss(3, 7)])[0]?.mean).toBe(7);
  });
});

function ambiguity(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof AmbiguousMatrixError) return error.open;
    throw error;
  }
  return undefined;
}
