import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import type { FeatureMeasure, ParadigmMeasure } from '@parallax/proto/parallax/metrics/v1/paradigm_measure';
import { type Proportion, poolProportions, ratio } from '@parallax/statistics';
import { paradigmNames } from '../measurements/names.ts';
import { naturalFeature } from '../measurements/parse-measurements.ts';
import { budgetKey, compareText, groupBy, joinKey } from './grouping.ts';
import { latest, type Measured } from './latest.ts';

/**
 * Usefulness or robustness of every feature h measured (Eq. 7-14): one entry for each feature, dataset, attack, ball and
 * objective. `measurements` are of one of the two kinds, in the order of recording, and include those of the feature
 * `natural`, which relative values are relative to.
 *
 * Cross values are the least over the paradigms; nothing is clamped, and what cannot be told is absent.
 */
export function featureMeasures(measurements: readonly Measurement[]): readonly FeatureMeasure[] {
  const conditions = groupBy(latest(measurements, 'proportion'), conditionKey);
  return conditions.flatMap((condition) => measuresUnder(condition)).sort(byFeature);
}

/** An encoder with all its trials under one condition and feature. */
interface EncoderValue {
  readonly encoder: string;
  readonly paradigm: Paradigm;
  readonly absolute: Proportion;
}

/** Everything but feature and encoder: values under one condition may be divided by each other. */
function conditionKey({ subject }: Measured<'proportion'>): string {
  return joinKey(subject.dataset, subject.attack, budgetKey(subject.budget), subject.objective);
}

function measuresUnder(condition: readonly [Measured<'proportion'>, ...Measured<'proportion'>[]]): FeatureMeasure[] {
  const { dataset, attack, budget, objective } = condition[0].subject;
  const features = groupBy(condition, ({ subject }) => subject.feature).map((members) => ({
    feature: members[0].subject.feature,
    values: encoderValues(members),
  }));
  const natural = features.find(({ feature }) => feature === naturalFeature)?.values ?? [];
  return features.map(({ feature, values }) => {
    const paradigms = values.map((value) => paradigmMeasure(value, feature === naturalFeature, natural));
    return { feature, dataset, attack, budget, objective, paradigms, ...crossValues(paradigms) };
  });
}

/** Pools the seeds of each encoder. */
function encoderValues(members: readonly Measured<'proportion'>[]): readonly EncoderValue[] {
  const encoders = groupBy(members, ({ subject }) => joinKey(subject.paradigm, subject.encoder)).map((seeds) => ({
    encoder: seeds[0].subject.encoder,
    paradigm: seeds[0].subject.paradigm,
    absolute: poolProportions(seeds.map(({ value }) => value)),
  }));
  return encoders.sort((a, b) => a.paradigm - b.paradigm || compareText(a.encoder, b.encoder));
}

function paradigmMeasure(value: EncoderValue, isNatural: boolean, natural: readonly EncoderValue[]): ParadigmMeasure {
  const reference = isNatural ? value : naturalCounterpart(value, natural);
  const relative = reference && ratio(value.absolute, reference.absolute);
  // A value divided by itself is 1 for certain, not a ratio of two estimates.
  const interval = isNatural && relative ? { ...relative.interval, lower: 1, upper: 1 } : relative?.interval;
  return { ...value, relative: relative?.value, relativeInterval: interval };
}

/** The natural encoder of the same name, else the only one of the paradigm. */
function naturalCounterpart({ encoder, paradigm }: EncoderValue, natural: readonly EncoderValue[]) {
  const candidates = natural.filter((value) => value.paradigm === paradigm);
  return candidates.find((value) => value.encoder === encoder) ?? (candidates.length === 1 ? candidates[0] : undefined);
}

function crossValues(paradigms: readonly ParadigmMeasure[]) {
  const least = leastOf(paradigms, ({ absolute }) => absolute?.value);
  const leastRelative = leastOf(paradigms, ({ relative }) => relative);
  return {
    cross: least?.absolute?.value ?? 0,
    crossParadigm: least?.paradigm ?? Paradigm.UNSPECIFIED,
    relativeCross: leastRelative?.relative,
    relativeCrossParadigm: leastRelative?.paradigm ?? Paradigm.UNSPECIFIED,
    complete: paradigmNames.every((name) => paradigms.some(({ paradigm }) => paradigm === Paradigm[name])),
  };
}

function leastOf(
  measures: readonly ParadigmMeasure[],
  read: (measure: ParadigmMeasure) => number | undefined,
): ParadigmMeasure | undefined {
  const defined = measures.filter((measure) => read(measure) !== undefined);
  return defined.toSorted((a, b) => (read(a) ?? 0) - (read(b) ?? 0))[0];
}

/** Natural images first, then by name. */
function byFeature(a: FeatureMeasure, b: FeatureMeasure): number {
  const rank = ({ feature }: FeatureMeasure) => (feature === naturalFeature ? 0 : 1);
  return (
    rank(a) - rank(b) ||
    compareText(a.feature, b.feature) ||
    compareText(a.dataset, b.dataset) ||
    compareText(a.attack, b.attack) ||
    (a.budget?.norm ?? 0) - (b.budget?.norm ?? 0) ||
    (a.budget?.epsilon ?? 0) - (b.budget?.epsilon ?? 0) ||
    compareText(a.objective, b.objective)
  );
}
