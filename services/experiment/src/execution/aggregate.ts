import { Stage } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { PlannedAttack } from '@parallax/proto/parallax/experiment/v1/plan';
import { GetTransferMatrixRequest } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { CarriedOut } from './carried-out.ts';
import { objectiveOf } from './measurements.ts';

/** Last stage: what the aggregator makes of the measurements must be what was measured. */
export async function aggregate(experiment: CarriedOut): Promise<void> {
  const { plan, notebook } = experiment;
  await notebook.begin(Stage.AGGREGATE, plan.attacks.length);
  for (const attack of plan.attacks) {
    await notebook.item(attack.name, () => compare(experiment, attack));
  }
  await notebook.endStage();
}

/** @throws Error when the aggregator's matrix is not the one that was measured. */
async function compare({ id, plan, notebook, peers, signal }: CarriedOut, planned: PlannedAttack): Promise<void> {
  const { name: attack } = planned;
  const { cells, sampleSetDigest } = notebook.result;
  const request = {
    ...GetTransferMatrixRequest.create({ experimentId: id, attack, sampleSetDigest }),
    budget: planned.attack?.budget,
    objective: objectiveOf(planned),
    seeds: [plan.seed],
  };
  const { matrix } = await peers.metrics.getTransferMatrix(request, { signal });
  const counted = matrix?.sources.flatMap(({ encoder: source }, row) =>
    matrix.targets.map(({ encoder: target }, column) =>
      [source, target, matrix.rows[row]?.cells[column]?.accuracy?.successes].join(' '),
    ),
  );
  const measured = cells
    .filter((cell) => cell.attack === attack)
    .map(({ source, target, accuracy }) => [source, target, accuracy?.successes].join(' '));
  if (matrix?.complete && counted?.sort().join() === measured.sort().join()) return;
  throw new Error(`matrix of ${attack}: expected ${measured.join(', ')}, got ${counted?.join(', ')}`);
}
