import type { LossTrajectory } from '@parallax/proto/parallax/metrics/v1/loss_trajectory';
import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import { normalInterval, poolMoments } from '@parallax/statistics';
import { budgetKey, compareText, groupBy, joinKey } from './grouping.ts';
import { latest, type Measured } from './latest.ts';

type Member = Measured<'scalar'>;

/** How losses moved along attacks (paper Fig. 2): one trajectory for each encoder, attack, ball and pair of objectives. Seeds are pooled. */
export function lossTrajectories(measurements: readonly Measurement[]): readonly LossTrajectory[] {
  const trajectories = groupBy(latest(measurements, 'scalar'), ({ subject }) =>
    joinKey(subject.encoder, subject.attack, budgetKey(subject.budget), subject.objective, subject.observedObjective),
  );
  return trajectories.map(trajectoryOf).sort(byEncoder);
}

function trajectoryOf(members: readonly [Member, ...Member[]]): LossTrajectory {
  const { encoder, paradigm, attack, budget, objective, observedObjective } = members[0].subject;
  const points = groupBy(members, ({ subject }) => `${subject.step}`).map((seeds) => {
    const loss = poolMoments(seeds.map(({ value }) => value));
    return { step: seeds[0].subject.step ?? 0, loss: { ...loss, interval: normalInterval(loss) } };
  });
  points.sort((a, b) => a.step - b.step);
  return { encoder, paradigm, attack, budget, objective, observedObjective, points, mean: meanHeight(points) };
}

/** The area under the points joined by lines, divided by its width. */
function meanHeight(points: LossTrajectory['points']): number {
  let area = 0;
  let width = 0;
  for (const [index, point] of points.slice(1).entries()) {
    const before = points[index] as LossTrajectory['points'][number];
    const step = point.step - before.step;
    area += (step * ((point.loss?.mean ?? 0) + (before.loss?.mean ?? 0))) / 2;
    width += step;
  }
  return width === 0 ? (points[0]?.loss?.mean ?? 0) : area / width;
}

function byEncoder(a: LossTrajectory, b: LossTrajectory): number {
  return (
    compareText(a.encoder, b.encoder) ||
    compareText(a.objective, b.objective) ||
    compareText(a.observedObjective, b.observedObjective) ||
    compareText(a.attack, b.attack)
  );
}
