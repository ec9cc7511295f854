import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import type { FeatureMeasure, ParadigmMeasure } from '@parallax/proto/parallax/metrics/v1/paradigm_measure';
import { describeBudget } from '../measures/choose-matrix.ts';
import { latest } from '../measures/latest.ts';
import { budgetFields, estimateFields, paradigmText, proportionFields } from './records.ts';
import { type Cell, number, type Report, type ReportRecord, share, text } from './report.ts';

const subjectFields = ['feature', 'dataset', 'attack', 'norm', 'epsilon', 'objective', 'paradigm', 'encoder'];

/** Usefulness or robustness of features (Eq. 7-14), with the linear head on raw pixels beside it where there is one. */
export function measuresReport(
  name: 'usefulness' | 'robustness',
  measures: readonly FeatureMeasure[],
  rawPixels: readonly Measurement[] = [],
): Report {
  const conditions = name === 'robustness' ? ['attack', 'ball', 'objective'] : [];
  const header = ['feature', 'dataset', ...conditions, 'paradigm', 'encoder', name, 'relative to natural'];
  const rows = measures.flatMap((measure) => {
    const lead = leadCells(measure, name);
    const encoders = measure.paradigms.map((entry) => [...lead, ...encoderCells(entry)]);
    return [...encoders, [...lead, ...crossCells(measure)]];
  });
  const floor = latest(rawPixels, 'proportion').map(({ subject, value }) => [
    ...[subject.feature, subject.dataset, ...conditions.map(() => ''), '', 'raw pixels'].map(text),
    share(value),
    number(undefined),
  ]);
  return {
    name,
    tables: [{ caption: `Paradigm ${name} of features`, header, rows: [...rows, ...floor] }],
    fields: [
      ...subjectFields,
      ...[name, `${name}_lower`, `${name}_upper`, `${name}_successes`, `${name}_trials`],
      ...['relative', 'relative_lower', 'relative_upper'],
    ],
    records: [
      ...measures.flatMap((measure) => measure.paradigms.map((entry) => encoderRecord(name, measure, entry))),
      ...latest(rawPixels, 'proportion').map(({ subject, value }) => ({
        ...subjectRecord(subject),
        paradigm: '',
        encoder: 'raw pixels',
        ...proportionFields(name, value),
        ...estimateFields('relative', undefined, undefined),
      })),
    ],
  };
}

function leadCells({ feature, dataset, attack, budget, objective }: FeatureMeasure, name: string): readonly Cell[] {
  const conditions = name === 'robustness' ? [attack, describeBudget(budget), objective] : [];
  return [feature, dataset, ...conditions].map(text);
}

function encoderCells({ paradigm, encoder, absolute, relative, relativeInterval }: ParadigmMeasure): readonly Cell[] {
  const ratio = relative === undefined ? undefined : { value: relative, interval: relativeInterval };
  return [text(paradigmText(paradigm)), text(encoder), share(absolute), share(ratio)];
}

function crossCells({ cross, relativeCross, complete }: FeatureMeasure): readonly Cell[] {
  const ratio = relativeCross === undefined ? undefined : { value: relativeCross, interval: undefined };
  const label = complete ? 'least of all four' : 'least of those measured';
  return [text('cross'), text(label), share({ value: cross, interval: undefined }), share(ratio)];
}

function encoderRecord(name: string, measure: FeatureMeasure, entry: ParadigmMeasure): ReportRecord {
  return {
    ...subjectRecord(measure),
    paradigm: paradigmText(entry.paradigm),
    encoder: entry.encoder,
    ...proportionFields(name, entry.absolute),
    ...estimateFields('relative', entry.relative, entry.relativeInterval),
  };
}

function subjectRecord({ feature, dataset, attack, budget, objective }: SubjectLike): ReportRecord {
  return { feature, dataset, attack, ...budgetFields(budget), objective };
}

type SubjectLike = Pick<FeatureMeasure, 'feature' | 'dataset' | 'attack' | 'budget' | 'objective'>;
