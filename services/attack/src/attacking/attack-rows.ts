import { encodeTensor, type WireTensor } from '@parallax/tensor';
import { type AttackedBatch, attackBatch } from './attack-batch.ts';
import { createAttacker } from './attacker.ts';
import type { AttackEnvironment } from './prepare-attack.ts';
import type { PreparedRun } from './prepare-run.ts';
import { objectivesOf } from './source.ts';
import { targetsOf } from './targets.ts';

/** Images of the dataset, by index, and what became of them. */
export interface AttackedRows extends AttackedBatch {
  readonly rows: readonly number[];
}

/** Attacks the images at some indices of the dataset of a run, batch by batch. `report` hears how many images are done. */
export async function* attackRows(
  run: PreparedRun,
  indices: readonly number[],
  { engine, options }: AttackEnvironment,
  report: (images: number) => void,
): AsyncGenerator<AttackedRows, void, undefined> {
  const { dataset, batchSize } = run;
  const references = negativesOf(run);
  await using attacker = createAttacker(run, engine);
  report(0);
  for (let start = 0; start < indices.length; start += batchSize) {
    const rows = indices.slice(start, start + batchSize);
    const samples = {
      images: dataset.images(rows),
      labels: rows.map((row) => dataset.labels[row] ?? 0),
      sampleIds: rows.map((row) => dataset.sampleIds[row] ?? 0),
    };
    const targets = await targetsOf(run, rows, samples, options);
    const batch = { ...samples, targets, references };
    const attacked = await attackBatch(run, attacker, batch, options, (share) => report(start + share * rows.length));
    report(start + rows.length);
    yield { ...attacked, rows };
  }
}

/** Images that every sample of the run is told apart from. */
const mostNegatives = 128;

/** The same for every batch, so that no value depends on how the set is cut. */
function negativesOf({ sources, dataset }: PreparedRun): WireTensor | undefined {
  if (!objectivesOf(sources).some(({ kind }) => kind === 'infoNce')) return undefined;
  const first = Array.from({ length: Math.min(mostNegatives, dataset.length) }, (_, index) => index);
  return encodeTensor(dataset.images(first));
}
