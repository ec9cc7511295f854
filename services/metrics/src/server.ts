import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { createServer, implement, type RpcServer, type ServiceImplementation } from '@parallax/rpc';
import type { Database } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import type { MetricsConfig } from './config.ts';
import { exportTable } from './handlers/export-table.ts';
import { getLossTrajectory } from './handlers/get-loss-trajectory.ts';
import { getRobustness } from './handlers/get-robustness.ts';
import { getTransferMatrix } from './handlers/get-transfer-matrix.ts';
import { getUsefulness } from './handlers/get-usefulness.ts';
import { listMeasurements } from './handlers/list-measurements.ts';
import { recordMeasurements } from './handlers/record-measurements.ts';
import { watchMeasurements } from './handlers/watch-measurements.ts';
import { MeasurementStore } from './measurements/measurement-store.ts';

export { configSchema as metricsConfigSchema, type MetricsConfig } from './config.ts';

/** What the metrics service stands on. The caller closes it, after the server. */
export interface MetricsDependencies {
  /** Holds the measurements. */
  readonly database: Database<unknown>;
  readonly logger: Logger;
}

/**
 * Starts the aggregator: it remembers measurements and computes measures, matrices and tables from them.
 *
 * @throws ConflictError when the port is in use.
 */
export async function createMetricsServer(
  { host, port }: MetricsConfig,
  { database, logger }: MetricsDependencies,
): Promise<RpcServer> {
  const store = await MeasurementStore.open(database);
  return createServer({ services: [metricsService(store)], host, port, logger });
}

function metricsService(store: MeasurementStore): ServiceImplementation {
  return implement(MetricsServiceService, {
    recordMeasurements: recordMeasurements(store),
    listMeasurements: listMeasurements(store),
    getUsefulness: getUsefulness(store),
    getRobustness: getRobustness(store),
    getTransferMatrix: getTransferMatrix(store),
    getLossTrajectory: getLossTrajectory(store),
    exportTable: exportTable(store),
    watchMeasurements: watchMeasurements(store),
  });
}
