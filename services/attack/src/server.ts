import { dataSearchPaths } from '@parallax/datasets';
import { EncoderDirectory } from '@parallax/messages';
import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import {
  createServer,
  implement,
  type RpcServer,
  rpcErrorFrom,
  type ServiceImplementation,
  unimplemented,
} from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore, Database } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { createRunner, openRunStore } from '@parallax/workflow';
import { attackDataset } from './attacking/attack-dataset.ts';
import type { StoredResult, StoredSpec } from './attacking/stored-run.ts';
import type { AttackConfig } from './config.ts';
import { attack } from './handlers/attack.ts';
import { cancelAttackRun } from './handlers/cancel-attack-run.ts';
import { createAttackRun } from './handlers/create-attack-run.ts';
import { getAttackRun } from './handlers/get-attack-run.ts';
import { listAttackRuns } from './handlers/list-attack-runs.ts';
import { listAttacks } from './handlers/list-attacks.ts';
import { watchAttackRun } from './handlers/watch-attack-run.ts';
import type { Service } from './service.ts';

export { type AttackConfig, configSchema } from './config.ts';

/** What the attack service stands on. The caller closes it, after the server. */
export interface AttackDependencies {
  /** Holds datasets, adversarial sets and records. */
  readonly artifacts: ArtifactStore;
  /** Holds runs. */
  readonly database: Database<unknown>;
  /** Computes attacks that are placed far; may be shared with other services of the process. */
  readonly engine: Engine;
  readonly logger: Logger;
}

/** The work is done by encoder services: one run then verifies while another attacks. */
const runsAtATime = 2;

/**
 * Starts the attack service: it has images attacked by encoder services, and verifies what comes back.
 *
 * @throws ConflictError when the port is in use.
 */
export async function createAttackServer(config: AttackConfig, dependencies: AttackDependencies): Promise<RpcServer> {
  const service = await createService(config, dependencies);
  const { host, port } = config;
  const stop = async () => {
    await service.runs.stop();
    service.ground.encoders.close();
  };
  try {
    const server = await createServer({ services: [handlersOf(service)], host, port, logger: dependencies.logger });
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

async function createService(
  config: AttackConfig,
  { artifacts, database, engine, logger }: AttackDependencies,
): Promise<Service> {
  const datasets = { searchPaths: dataSearchPaths(config.dataDir), artifacts };
  const ground = { artifacts, datasets, encoders: new EncoderDirectory(config.encoders), engine };
  const runs = createRunner<StoredSpec, StoredResult>({
    store: await openRunStore(database),
    kind: 'attack.attack',
    concurrency: runsAtATime,
    execute: (spec, context) => attackDataset(spec, context, ground),
    describeError: rpcErrorFrom,
    log: logger,
  });
  return { ground, runs };
}

function handlersOf(service: Service): ServiceImplementation {
  return implement(AttackServiceService, {
    listAttacks: listAttacks(),
    attack: attack(service),
    createAttackRun: createAttackRun(service),
    getAttackRun: getAttackRun(service),
    listAttackRuns: listAttackRuns(service),
    cancelAttackRun: cancelAttackRun(service),
    watchAttackRun: watchAttackRun(service),
    createDatasetRun: unimplemented('parallax.attack.v1.AttackService/CreateDatasetRun'),
    getDatasetRun: unimplemented('parallax.attack.v1.AttackService/GetDatasetRun'),
    listDatasetRuns: unimplemented('parallax.attack.v1.AttackService/ListDatasetRuns'),
    cancelDatasetRun: unimplemented('parallax.attack.v1.AttackService/CancelDatasetRun'),
    watchDatasetRun: unimplemented('parallax.attack.v1.AttackService/WatchDatasetRun'),
  });
}
