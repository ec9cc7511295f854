import type { ArtifactStore } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { Hono } from 'hono';
import { difference } from './handlers/difference.ts';
import { exportTable } from './handlers/export-table.ts';
import { forward } from './handlers/forward.ts';
import { getEncoder } from './handlers/get-encoder.ts';
import { image } from './handlers/image.ts';
import { listEncoders } from './handlers/list-encoders.ts';
import { watchExperiment } from './handlers/watch-experiment.ts';
import type { Upstreams } from './upstream/upstreams.ts';

/** What the routes need. */
export interface RouteDependencies {
  readonly upstreams: Upstreams;
  readonly artifacts: ArtifactStore;
  readonly logger: Logger;
  /** Aborted when the gateway stops. */
  readonly closing: AbortSignal;
}

/** The API, to be mounted under `/api/v1`. */
export function createRoutes(dependencies: RouteDependencies): Hono {
  const { upstreams, artifacts } = dependencies;
  const { encoders, attack, metrics, experiment } = upstreams;
  return new Hono()
    .get('/encoders', listEncoders(encoders))
    .get('/encoders/:name', getEncoder(encoders))
    .get('/attacks', forward(attack, 'listAttacks'))
    .get('/experiments', forward(experiment, 'listExperiments'))
    .post('/experiments', forward(experiment, 'createExperiment'))
    .get('/experiments/:id', forward(experiment, 'getExperiment'))
    .post('/experiments/:id/cancel', forward(experiment, 'cancelExperiment'))
    .get('/experiments/:id/events', watchExperiment(dependencies))
    .get('/experiments/:experimentId/transfer-matrix', forward(metrics, 'getTransferMatrix'))
    .get('/experiments/:experimentId/usefulness', forward(metrics, 'getUsefulness'))
    .get('/experiments/:experimentId/robustness', forward(metrics, 'getRobustness'))
    .get('/experiments/:experimentId/loss-trajectories', forward(metrics, 'getLossTrajectory'))
    .get('/experiments/:experimentId/tables/:file', exportTable(metrics))
    .get('/measurements', forward(metrics, 'listMeasurements'))
    .get('/images/:digest/:index', image(artifacts))
    .get('/differences/:from/:to/:index', difference(artifacts));
}
