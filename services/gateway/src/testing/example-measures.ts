import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { FeatureMeasure, ParadigmMeasure } from '@parallax/proto/parallax/metrics/v1/paradigm_measure';
import { proportion } from '@parallax/statistics';
import { correct, encoderOutcome, samples } from './example-experiment.ts';

const paradigms = [Paradigm.SL, Paradigm.CL, Paradigm.MIM, Paradigm.DM] as const;

/** Usefulness of natural features, from the example's probes. */
export function usefulness(): FeatureMeasure {
  return measure(
    '',
    paradigms.map((_, index) => encoderOutcome(index).probeAccuracy?.successes ?? 0),
    1000,
  );
}

/** Their robustness under one attack, from the diagonal of its matrix. */
export function robustness(attack: string): FeatureMeasure {
  return measure(
    attack,
    paradigms.map((_, index) => correct[attack]?.[index]?.[index] ?? 0),
    samples,
  );
}

function measure(attack: string, successes: readonly number[], trials: number): FeatureMeasure {
  const measures: readonly ParadigmMeasure[] = paradigms.map((paradigm, index) =>
    ParadigmMeasure.create({ paradigm, absolute: proportion(successes[index] ?? 0, trials) }),
  );
  const least = Math.min(...successes);
  return FeatureMeasure.create({
    feature: 'natural',
    attack,
    paradigms: measures,
    cross: least / trials,
    crossParadigm: paradigms[successes.indexOf(least)] ?? Paradigm.UNSPECIFIED,
    complete: true,
  });
}
