import { dataSearchPaths } from '@parallax/datasets';
import { EncoderDirectory } from '@parallax/messages';
import { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import { createServer, implement, type RpcServer, rpcErrorFrom, type ServiceImplementation } from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore, Database } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { createRunner, openRunStore } from '@parallax/workflow';
import type { ProbeConfig } from './config.ts';
import { cancelProbeRun } from './handlers/cancel-probe-run.ts';
import { createProbeRun } from './handlers/create-probe-run.ts';
import { evaluateHead } from './handlers/evaluate-head.ts';
import { getProbeRun } from './handlers/get-probe-run.ts';
import { listProbeRuns } from './handlers/list-probe-runs.ts';
import { watchProbeRun } from './handlers/watch-probe-run.ts';
import { fitProbe } from './runs/fit-probe.ts';
import { FittedProbes } from './runs/fitted-probes.ts';
import type { Ground } from './runs/ground.ts';
import type { ProbeResult, ProbeSpec } from './runs/probe-spec.ts';
import type { Service } from './service.ts';

export { configSchema as probeConfigSchema, type ProbeConfig } from './config.ts';

/** What the probe service stands on. The caller closes it, after the server. */
export interface ProbeDependencies {
  /** Runs graphs; may be shared with other services of the process. */
  readonly engine: Engine;
  /** Holds heads and datasets. */
  readonly artifacts: ArtifactStore;
  /** Holds runs, and what was fitted. */
  readonly database: Database<unknown>;
  readonly logger: Logger;
}

/**
 * Starts the service that fits linear heads on frozen encoders, or on raw pixels, and measures them.
 *
 * @throws ConflictError when the port is in use.
 */
export async function createProbeServer(config: ProbeConfig, dependencies: ProbeDependencies): Promise<RpcServer> {
  const { host, port } = config;
  const { logger } = dependencies;
  const service = await createService(config, dependencies);
  const stop = async () => {
    await service.probes.stop();
    service.ground.encoders.close();
  };
  try {
    const server = await createServer({ services: [handlersOf(service)], host, port, logger });
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

async function createService(config: ProbeConfig, dependencies: ProbeDependencies): Promise<Service> {
  const { engine, artifacts, database, logger } = dependencies;
  const ground: Ground = {
    engine,
    artifacts,
    datasets: { searchPaths: dataSearchPaths(config.dataDir), artifacts },
    encoders: new EncoderDirectory(config.encoders),
    fitted: await FittedProbes.open(database),
  };
  const probes = createRunner<ProbeSpec, ProbeResult>({
    store: await openRunStore(database),
    kind: 'probe',
    // One fit has the cores to itself.
    concurrency: 1,
    execute: (spec, context) => fitProbe(spec, context, ground),
    describeError: rpcErrorFrom,
    log: logger,
  });
  return { ground, probes };
}

function handlersOf(service: Service): ServiceImplementation {
  return implement(ProbeServiceService, {
    evaluateHead: evaluateHead(service),
    createProbeRun: createProbeRun(service),
    getProbeRun: getProbeRun(service),
    listProbeRuns: listProbeRuns(service),
    cancelProbeRun: cancelProbeRun(service),
    watchProbeRun: watchProbeRun(service),
  });
}
