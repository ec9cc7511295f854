import type { LossTrajectory } from '@parallax/proto/parallax/metrics/v1/loss_trajectory';
import { describeBudget } from '../measures/choose-matrix.ts';
import { budgetFields, estimateFields, paradigmText } from './records.ts';
import { number, type Report, type ReportRecord, type Table, text } from './report.ts';

const fields = [
  ...['encoder', 'paradigm', 'attack', 'norm', 'epsilon', 'objective', 'observed_objective', 'step'],
  ...['loss', 'loss_lower', 'loss_upper', 'deviation', 'samples'],
];

/** Loss trajectories: for people start, end and mean of each, for programs one record a point. */
export function trajectoryReport(trajectories: readonly LossTrajectory[]): Report {
  return { name: 'loss-trajectory', tables: [summary(trajectories)], fields, records: trajectories.flatMap(points) };
}

function summary(trajectories: readonly LossTrajectory[]): Table {
  const header = ['encoder', 'attack', 'ball', 'attacked', 'observed', 'steps', 'first', 'last', 'mean'];
  const rows = trajectories.map((trajectory) => {
    const { encoder, attack, budget, objective, observedObjective, mean } = trajectory;
    const [first, last] = [trajectory.points[0], trajectory.points.at(-1)];
    return [
      ...[encoder, attack, describeBudget(budget), objective, observedObjective, `${last?.step ?? 0}`].map(text),
      ...[first?.loss?.mean, last?.loss?.mean, mean].map(number),
    ];
  });
  return { caption: 'Losses along attacks', header, rows };
}

function points(trajectory: LossTrajectory): ReportRecord[] {
  const { encoder, paradigm, attack, budget, objective, observedObjective } = trajectory;
  const about = { encoder, paradigm: paradigmText(paradigm), attack, ...budgetFields(budget), objective };
  return trajectory.points.map(({ step, loss }) => ({
    ...about,
    observed_objective: observedObjective,
    step,
    ...estimateFields('loss', loss?.mean, loss?.interval),
    deviation: loss?.deviation ?? null,
    samples: loss?.samples ?? null,
  }));
}
