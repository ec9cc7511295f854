import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { createServer, implement, type RunningService, type ServiceImplementation } from '@parallax/rpc';
import { openState } from '@parallax/store';
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

/** What the metrics service is given. */
export interface MetricsDependencies {
  readonly logger: Logger;
}

/**
 * Starts the aggregator: it remembers measurements and computes measures, matrices and tables from them.
 *
 * @throws ConflictError when the port is in use; what `openState` throws.
 */
export async function createMetricsServer(
  config: MetricsConfig,
  { logger }: MetricsDependencies,
): Promise<RunningService> {
  const state = await openState(config);
  try {
    const services = [metricsService(await MeasurementStore.open(state.database))];
    const server = await createServer({ services, host: config.host, port: config.port, logger });
    const close = async () => {
      await server.close();
      await state.close();
    };
    return { address: server.address, close };
  } catch (error) {
    await state.close();
    throw error;
  }
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
