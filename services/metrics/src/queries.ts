import type { LossTrajectory } from '@parallax/proto/parallax/metrics/v1/loss_trajectory';
import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import type { FeatureMeasure } from '@parallax/proto/parallax/metrics/v1/paradigm_measure';
import type { TransferMatrix } from '@parallax/proto/parallax/metrics/v1/transfer_matrix';
import type { KindName } from './measurements/kinds.ts';
import type { MeasurementStore } from './measurements/measurement-store.ts';
import type { Filter } from './measurements/parse-filter.ts';
import { featureMeasures } from './measures/feature-measures.ts';
import { lossTrajectories } from './measures/loss-trajectories.ts';
import { transferMatrices } from './measures/transfer-matrix.ts';

/** Which measurements of one experiment are meant. */
export type ExperimentFilter = Filter & { readonly experimentId: string };

// What is read, and what is made of it. All throw NotFoundError for an experiment without measurements.

/** Usefulness of the features that match (Eq. 7, 9, 11, 13). */
export function usefulness(store: MeasurementStore, filter: ExperimentFilter): Promise<readonly FeatureMeasure[]> {
  return measuresOf(store, 'USEFULNESS', filter);
}

/** Robustness of the features that match (Eq. 8, 10, 12, 14). */
export function robustness(store: MeasurementStore, filter: ExperimentFilter): Promise<readonly FeatureMeasure[]> {
  return measuresOf(store, 'ROBUSTNESS', filter);
}

/** Accuracies of linear heads on raw pixels. */
export function rawPixels(store: MeasurementStore, filter: ExperimentFilter): Promise<readonly Measurement[]> {
  const { experimentId, dataset, seeds = [], features = [] } = filter;
  return store.ofExperiment({ experimentId, dataset, seeds, features, kinds: ['RAW_PIXELS'] });
}

/** The transfer matrices of all attacks, balls, objectives, datasets and sample sets that match. */
export async function matrices(store: MeasurementStore, filter: ExperimentFilter): Promise<readonly TransferMatrix[]> {
  const transfer = await store.ofExperiment({ ...filter, kinds: ['TRANSFER'] });
  // Clean accuracies belong to every matrix on their images, whatever the attack.
  const { attack: _attack, budget: _budget, objective: _objective, ...images } = filter;
  return transferMatrices(transfer, await store.ofExperiment({ ...images, kinds: ['CLEAN'] }));
}

/** The loss trajectories that match. */
export async function trajectories(
  store: MeasurementStore,
  filter: ExperimentFilter,
): Promise<readonly LossTrajectory[]> {
  return lossTrajectories(await store.ofExperiment({ ...filter, kinds: ['LOSS'] }));
}

async function measuresOf(store: MeasurementStore, kind: KindName, { features = [], ...rest }: ExperimentFilter) {
  // All features are read, because relative values need the natural one.
  const measures = featureMeasures(await store.ofExperiment({ ...rest, kinds: [kind] }));
  return measures.filter(({ feature }) => features.length === 0 || features.includes(feature));
}
