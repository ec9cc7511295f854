import type { Proportion } from '@parallax/proto/parallax/common/v1/interval';
import type { ExperimentResult } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { Plan } from '@parallax/proto/parallax/experiment/v1/plan';
import { Measurement, MeasurementKind, Subject } from '@parallax/proto/parallax/metrics/v1/measurement';

type SubjectFields = Partial<Subject>;

/** Everything an experiment has measured, in the words of the aggregator. */
export function measurementsOf(id: string, plan: Plan, result: ExperimentResult): readonly Measurement[] {
  const seed = plan.seed;
  const dataset = plan.testDataset?.name ?? '';
  const { sampleSetDigest } = result;
  const counted = (
    kind: MeasurementKind,
    subject: SubjectFields,
    value: Proportion | undefined,
    sampleSet = '',
  ): readonly Measurement[] => {
    if (value === undefined) return [];
    const proportion = { $case: 'proportion', value } as const;
    const complete = Subject.create({ dataset, seed, ...subject });
    return [
      Measurement.create({ experimentId: id, kind, subject: complete, value: proportion, sampleSetDigest: sampleSet }),
    ];
  };
  const encoder = (name: string): SubjectFields => ({
    encoder: name,
    paradigm: result.encoders.find((each) => each.name === name)?.paradigm ?? 0,
    feature: plan.encoders.find((each) => each.name === name)?.featureName || 'natural',
  });
  const source = (name: string): SubjectFields => ({
    sourceEncoder: name,
    sourceParadigm: encoder(name).paradigm ?? 0,
  });
  const attack = (name: string): SubjectFields => {
    const planned = plan.attacks.find((each) => each.name === name);
    const budget = planned?.attack?.budget;
    return { attack: name, objective: planned?.objective?.kind?.$case ?? 'crossEntropy', ...(budget && { budget }) };
  };
  return [
    ...counted(MeasurementKind.RAW_PIXELS, { feature: 'natural' }, result.rawPixels),
    ...result.encoders.flatMap(({ name, probeAccuracy }) =>
      counted(MeasurementKind.USEFULNESS, encoder(name), probeAccuracy),
    ),
    ...result.attacks.flatMap(({ attack: name, encoder: on, summary }) =>
      counted(MeasurementKind.ROBUSTNESS, { ...encoder(on), ...attack(name) }, summary?.robust, sampleSetDigest),
    ),
    ...result.cells.flatMap(({ attack: name, source: row, target, accuracy }) =>
      name === ''
        ? counted(MeasurementKind.CLEAN, encoder(target), accuracy, sampleSetDigest)
        : counted(
            MeasurementKind.TRANSFER,
            { ...encoder(target), ...source(row), ...attack(name) },
            accuracy,
            sampleSetDigest,
          ),
    ),
  ];
}
