import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { type Measurement, MeasurementKind, type Subject } from '@parallax/proto/parallax/metrics/v1/measurement';
import { normalInterval, proportion } from '@parallax/statistics';
import { type Generated, type Insertable, type Migration, type Selectable, sql } from '@parallax/store';
import { type KindName, kindNameOf } from './kinds.ts';
import { type NormName, normNameOf, type ParadigmName, paradigmNameOf } from './names.ts';

/** One measurement a row. Texts that do not matter for the kind are empty, numbers null. */
interface MeasurementTable {
  readonly id: Generated<number>;
  readonly experiment_id: string;
  readonly kind: KindName;
  readonly encoder: string;
  readonly paradigm: ParadigmName | null;
  readonly source_encoder: string;
  readonly source_paradigm: ParadigmName | null;
  readonly dataset: string;
  readonly feature: string;
  readonly attack: string;
  readonly norm: NormName | null;
  readonly epsilon: number | null;
  readonly objective: string;
  readonly observed_objective: string;
  readonly step: number | null;
  readonly seed: number;
  readonly successes: number | null;
  readonly trials: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly samples: number | null;
  readonly sample_set_digest: string;
  readonly measure_time: Date;
  readonly create_time: Generated<Date>;
}

/** What was recorded under a request id, so that a repetition is recognised. */
interface RecordingTable {
  readonly request_id: string;
  /** sha256 of the measurements as parsed. */
  readonly content_digest: string;
  readonly ids: readonly number[];
}

export interface MetricsSchema {
  readonly measurements: MeasurementTable;
  readonly recordings: RecordingTable;
}

export type MeasurementRow = Selectable<MeasurementTable>;

export const metricsMigrations: readonly Migration[] = [
  {
    name: '001-create-measurements',
    up: async (transaction) => {
      await sql`create table measurements (
        id bigint generated always as identity primary key,
        experiment_id text not null,
        kind text not null,
        encoder text not null,
        paradigm text,
        source_encoder text not null,
        source_paradigm text,
        dataset text not null,
        feature text not null,
        attack text not null,
        norm text,
        epsilon double precision,
        objective text not null,
        observed_objective text not null,
        step integer,
        seed bigint not null,
        successes integer,
        trials integer,
        mean double precision,
        deviation double precision,
        samples integer,
        sample_set_digest text not null,
        measure_time timestamptz not null,
        create_time timestamptz not null default now(),
        check ((successes is null) = (mean is not null))
      )`.execute(transaction);
      await sql`create index measurements_by_experiment on measurements (experiment_id, kind, id)`.execute(transaction);
      await sql`create table recordings (
        request_id text primary key,
        content_digest text not null,
        ids json not null,
        create_time timestamptz not null default now()
      )`.execute(transaction);
    },
  },
];

/** The row of a parsed measurement. `now` is when it was measured unless it says so. */
export function rowOf(measurement: Measurement, now: Date): Insertable<MeasurementTable> {
  const { experimentId, value, sampleSetDigest, measureTime } = measurement;
  const kind = kindNameOf(measurement.kind);
  if (kind === undefined) throw new TypeError(`measurement: expected a parsed one, got kind ${measurement.kind}`);
  const counts = value?.$case === 'proportion' ? value.value : undefined;
  const scalar = value?.$case === 'scalar' ? value.value : undefined;
  return {
    experiment_id: experimentId,
    kind,
    ...subjectColumns(measurement.subject as Subject),
    successes: counts?.successes ?? null,
    trials: counts?.trials ?? null,
    mean: scalar?.mean ?? null,
    deviation: scalar?.deviation ?? null,
    samples: scalar?.samples ?? null,
    sample_set_digest: sampleSetDigest,
    measure_time: measureTime ?? now,
  };
}

function subjectColumns(subject: Subject) {
  return {
    encoder: subject.encoder,
    paradigm: paradigmNameOf(subject.paradigm) ?? null,
    source_encoder: subject.sourceEncoder,
    source_paradigm: paradigmNameOf(subject.sourceParadigm) ?? null,
    dataset: subject.dataset,
    feature: subject.feature,
    attack: subject.attack,
    norm: (subject.budget && normNameOf(subject.budget.norm)) ?? null,
    epsilon: subject.budget?.epsilon ?? null,
    objective: subject.objective,
    observed_objective: subject.observedObjective,
    step: subject.step ?? null,
    seed: Number(subject.seed),
  };
}

/** The inverse of {@link rowOf}, with everything the server fills in. */
export function measurementOf(row: MeasurementRow): Measurement {
  return {
    id: BigInt(row.id),
    experimentId: row.experiment_id,
    kind: MeasurementKind[row.kind],
    subject: subjectOf(row),
    value: readValue(row),
    sampleSetDigest: row.sample_set_digest,
    measureTime: row.measure_time,
    createTime: row.create_time,
  };
}

function subjectOf(row: MeasurementRow): Subject {
  const { norm, epsilon } = row;
  return {
    encoder: row.encoder,
    paradigm: Paradigm[row.paradigm ?? 'UNSPECIFIED'],
    sourceEncoder: row.source_encoder,
    sourceParadigm: Paradigm[row.source_paradigm ?? 'UNSPECIFIED'],
    dataset: row.dataset,
    feature: row.feature,
    attack: row.attack,
    budget: norm === null || epsilon === null ? undefined : { norm: Norm[norm], epsilon },
    objective: row.objective,
    observedObjective: row.observed_objective,
    step: row.step ?? undefined,
    seed: BigInt(row.seed),
  };
}

function readValue({ successes, trials, mean, deviation, samples }: MeasurementRow): Measurement['value'] {
  if (successes !== null && trials !== null) return { $case: 'proportion', value: proportion(successes, trials) };
  const moments = { mean: mean ?? 0, deviation: deviation ?? 0, samples: samples ?? 1 };
  return { $case: 'scalar', value: { ...moments, interval: normalInterval(moments) } };
}
