import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import { kindNameOf } from '../measurements/kinds.ts';
import { describeBudget } from '../measures/choose-matrix.ts';
import { budgetFields, estimateFields, paradigmText } from './records.ts';
import { type Cell, number, type Report, type ReportRecord, share, text } from './report.ts';

const fields = [
  ...['id', 'experiment_id', 'kind', 'encoder', 'paradigm', 'source_encoder', 'source_paradigm', 'dataset', 'feature'],
  ...['attack', 'norm', 'epsilon', 'objective', 'observed_objective', 'step', 'seed'],
  ...['value', 'value_lower', 'value_upper', 'successes', 'trials', 'deviation', 'samples'],
  ...['sample_set_digest', 'measure_time'],
];

/** Measurements as they were recorded, one a row. */
export function measurementsReport(measurements: readonly Measurement[]): Report {
  const header = ['kind', 'encoder', 'found on', 'dataset', 'feature', 'attack', 'ball', 'objective', 'seed', 'value'];
  const table = { caption: 'Measurements', header, rows: measurements.map(row) };
  return { name: 'measurements', tables: [table], fields, records: measurements.map(record) };
}

function row({ kind, subject, value }: Measurement): readonly Cell[] {
  const names = [subject?.encoder, subject?.sourceEncoder, subject?.dataset, subject?.feature, subject?.attack];
  return [
    text(kindNameOf(kind) ?? ''),
    ...names.map((name) => text(name ?? '')),
    ...[describeBudget(subject?.budget), subject?.objective ?? '', `${subject?.seed ?? ''}`].map(text),
    value?.$case === 'proportion' ? share(value.value) : number(value?.value.mean),
  ];
}

function record(measurement: Measurement): ReportRecord {
  const { id, experimentId, kind, subject, sampleSetDigest, measureTime } = measurement;
  return {
    id: Number(id),
    experiment_id: experimentId,
    kind: kindNameOf(kind) ?? '',
    encoder: subject?.encoder ?? '',
    paradigm: paradigmText(subject?.paradigm ?? 0),
    source_encoder: subject?.sourceEncoder ?? '',
    source_paradigm: paradigmText(subject?.sourceParadigm ?? 0),
    dataset: subject?.dataset ?? '',
    feature: subject?.feature ?? '',
    attack: subject?.attack ?? '',
    ...budgetFields(subject?.budget),
    objective: subject?.objective ?? '',
    observed_objective: subject?.observedObjective ?? '',
    step: subject?.step ?? null,
    seed: Number(subject?.seed ?? 0n),
    ...valueFields(measurement.value),
    sample_set_digest: sampleSetDigest,
    measure_time: measureTime?.toISOString() ?? '',
  };
}

function valueFields(value: Measurement['value']): ReportRecord {
  const counts = value?.$case === 'proportion' ? value.value : undefined;
  const scalar = value?.$case === 'scalar' ? value.value : undefined;
  return {
    ...estimateFields('value', counts?.value ?? scalar?.mean, value?.value.interval),
    successes: counts?.successes ?? null,
    trials: counts?.trials ?? null,
    deviation: scalar?.deviation ?? null,
    samples: scalar?.samples ?? null,
  };
}
