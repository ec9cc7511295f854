import { dataSearchPaths } from '@parallax/datasets';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createServer, implement, type RpcServer, rpcErrorFrom, type ServiceImplementation } from '@parallax/rpc';
import type { ArtifactStore, Database } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { createRunner, openRunStore } from '@parallax/workflow';
import type { ExperimentConfig } from './config.ts';
import { carryOut } from './execution/carry-out.ts';
import { Notebook } from './execution/notebook.ts';
import { createPeers } from './execution/peers.ts';
import { ExperimentLedger } from './experiments/experiment-ledger.ts';
import { type ExperimentSpec, planOf } from './experiments/experiment-run.ts';
import { cancelExperiment } from './handlers/cancel-experiment.ts';
import { createExperiment } from './handlers/create-experiment.ts';
import { getExperiment } from './handlers/get-experiment.ts';
import { listExperiments } from './handlers/list-experiments.ts';
import { watchExperiment } from './handlers/watch-experiment.ts';
import type { Service } from './service.ts';

export { configSchema as experimentConfigSchema, type ExperimentConfig } from './config.ts';

/** What the experiment service stands on. The caller closes it, after the server. */
export interface ExperimentDependencies {
  /** Holds datasets, adversarial sets and image strips. */
  readonly artifacts: ArtifactStore;
  /** Holds experiments. */
  readonly database: Database<unknown>;
  readonly logger: Logger;
}

/** One experiment at a time: the services it calls share the cores. */
const concurrency = 1;

/**
 * Starts the service that carries out plans across the other services.
 *
 * @throws ConflictError when the port is in use.
 */
export async function createExperimentServer(
  config: ExperimentConfig,
  { artifacts, database, logger }: ExperimentDependencies,
): Promise<RpcServer> {
  const { host, port } = config;
  const peers = createPeers(config);
  const datasets = { searchPaths: dataSearchPaths(config.dataDir), artifacts };
  const ledger = await ExperimentLedger.open(database);
  const runner = createRunner<ExperimentSpec, null>({
    store: await openRunStore(database),
    kind: 'experiment',
    concurrency,
    describeError: rpcErrorFrom,
    log: logger,
    execute: async (spec, context) => {
      const { runId: id, signal } = context;
      const notebook = new Notebook(ledger, context);
      await carryOut({ id, plan: planOf(spec), peers, artifacts, datasets, notebook, recorded: new Set(), signal });
      return null;
    },
  });
  const stop = async () => {
    await runner.stop();
    peers[Symbol.dispose]();
  };
  try {
    const server = await createServer({
      services: [experimentService({ runner, ledger, datasets, peers })],
      host,
      port,
      logger,
    });
    const close = async (drainMs?: number) => {
      await server.close(drainMs);
      await stop();
    };
    return { ...server, close, [Symbol.asyncDispose]: () => close() };
  } catch (error) {
    await stop();
    throw error;
  }
}

function experimentService(service: Service): ServiceImplementation {
  return implement(ExperimentServiceService, {
    createExperiment: createExperiment(service),
    getExperiment: getExperiment(service),
    listExperiments: listExperiments(service),
    cancelExperiment: cancelExperiment(service),
    watchExperiment: watchExperiment(service),
  });
}
