import { findAttack } from '@parallax/attacks';
import type { Proportion } from '@parallax/proto/parallax/common/v1/interval';
import type {
  AttackOutcome,
  CellOutcome,
  EncoderOutcome,
  ExperimentResult,
} from '@parallax/proto/parallax/experiment/v1/experiment';
import type { Plan, PlannedAttack } from '@parallax/proto/parallax/experiment/v1/plan';
import { Measurement, MeasurementKind, Subject } from '@parallax/proto/parallax/metrics/v1/measurement';
import { firstOf } from './samples.ts';

/** Everything an experiment has measured so far, in the words of the aggregator. */
export function measurementsOf(id: string, plan: Plan, result: ExperimentResult): readonly Measurement[] {
  const reporter = new Reporter(id, plan, result);
  return [
    ...reporter.rawPixels(result.rawPixels),
    ...result.encoders.flatMap((encoder) => reporter.encoder(encoder)),
    ...result.attacks.flatMap((attack) => reporter.attack(attack)),
    ...result.cells.flatMap((cell) => reporter.cell(cell)),
  ];
}

/** Name of the objective that an attack of a plan increases, as measurements have it: `cross-entropy`. */
export function objectiveOf({ attack, objective }: PlannedAttack): string {
  const kind = objective?.kind?.$case ?? findAttack(attack?.name ?? '').objective.kind;
  return kind.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

type SubjectFields = Partial<Subject>;

class Reporter {
  private readonly testImages: string;
  /** Name of the images attacked. */
  private readonly attackedImages: string;

  constructor(
    private readonly experimentId: string,
    private readonly plan: Plan,
    private readonly result: ExperimentResult,
  ) {
    this.testImages = plan.testDataset?.name ?? '';
    this.attackedImages = result.attackSamples > 0 ? firstOf(this.testImages, result.attackSamples) : this.testImages;
  }

  rawPixels(accuracy: Proportion | undefined): readonly Measurement[] {
    return this.counted(MeasurementKind.RAW_PIXELS, { dataset: this.testImages }, accuracy);
  }

  encoder({ name, probeAccuracy, trainSeconds, reused }: EncoderOutcome): readonly Measurement[] {
    const subject = { ...this.asked(name), dataset: this.testImages };
    return [
      ...this.counted(MeasurementKind.USEFULNESS, subject, probeAccuracy),
      ...(reused ? [] : this.timed({ encoder: name }, trainSeconds)),
    ];
  }

  attack({ attack, encoder, summary }: AttackOutcome): readonly Measurement[] {
    if (summary === undefined) return [];
    const subject = { ...this.asked(encoder), ...this.attacked(attack) };
    return [
      ...this.counted(MeasurementKind.ROBUSTNESS, subject, summary.robust, this.result.sampleSetDigest),
      ...this.timed(subject, summary.attackSeconds),
    ];
  }

  cell({ attack, source, target, accuracy }: CellOutcome): readonly Measurement[] {
    const { sampleSetDigest } = this.result;
    const asked = { ...this.asked(target), dataset: this.attackedImages };
    if (attack === '') return this.counted(MeasurementKind.CLEAN, asked, accuracy, sampleSetDigest);
    const { encoder: sourceEncoder, paradigm: sourceParadigm } = this.asked(source);
    const subject = { ...asked, ...this.attacked(attack), sourceEncoder, sourceParadigm };
    return this.counted(MeasurementKind.TRANSFER, subject, accuracy, sampleSetDigest);
  }

  /** The encoder measured, and the feature it was trained on. */
  private asked(name: string) {
    return {
      encoder: name,
      paradigm: this.result.encoders.find((each) => each.name === name)?.paradigm ?? 0,
      feature: this.plan.encoders.find((each) => each.name === name)?.featureName || 'natural',
    };
  }

  private attacked(name: string): SubjectFields {
    const planned = this.plan.attacks.find((each) => each.name === name);
    if (planned === undefined) return {};
    const budget = planned.attack?.budget;
    return { attack: name, dataset: this.attackedImages, objective: objectiveOf(planned), ...(budget && { budget }) };
  }

  private counted(
    kind: MeasurementKind,
    subject: SubjectFields,
    value: Proportion | undefined,
    sampleSetDigest = '',
  ): readonly Measurement[] {
    if (value === undefined) return [];
    return [this.measurement(kind, subject, { $case: 'proportion', value }, sampleSetDigest)];
  }

  private timed(subject: SubjectFields, seconds: number): readonly Measurement[] {
    const value = { mean: seconds, deviation: 0, samples: 1, interval: undefined };
    return [this.measurement(MeasurementKind.DURATION, subject, { $case: 'scalar', value }, '')];
  }

  private measurement(
    kind: MeasurementKind,
    fields: SubjectFields,
    value: Measurement['value'],
    sampleSetDigest: string,
  ): Measurement {
    const { experimentId } = this;
    const subject = Subject.create({ seed: this.plan.seed, ...fields });
    return Measurement.create({ experimentId, kind, subject, value, sampleSetDigest });
  }
}
