import type { ExportTableRequest_Table } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { type ExperimentFilter, matrices, rawPixels, robustness, trajectories, usefulness } from '../queries.ts';
import { matrixReport } from './matrix-report.ts';
import { measurementsReport } from './measurements-report.ts';
import { measuresReport } from './measures-report.ts';
import type { Report } from './report.ts';
import { trajectoryReport } from './trajectory-report.ts';

export type ReportName = Exclude<keyof typeof ExportTableRequest_Table, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** How each report is made from the measurements that match. */
export const reports: {
  readonly [R in ReportName]: (store: MeasurementStore, filter: ExperimentFilter) => Promise<Report>;
} = {
  MEASUREMENTS: async (store, filter) => measurementsReport(await store.ofExperiment(filter)),
  USEFULNESS: async (store, filter) =>
    measuresReport('usefulness', await usefulness(store, filter), await rawPixels(store, filter)),
  ROBUSTNESS: async (store, filter) => measuresReport('robustness', await robustness(store, filter)),
  TRANSFER_MATRIX: async (store, filter) => matrixReport(await matrices(store, filter)),
  LOSS_TRAJECTORY: async (store, filter) => trajectoryReport(await trajectories(store, filter)),
};
