import { dataSearchPaths } from '@parallax/datasets';
import { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createServer, implement, type RpcServer, rpcErrorFrom, type ServiceImplementation } from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore, Database } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { createRunner, openRunStore } from '@parallax/workflow';
import { type EncoderConfig, portOf } from './config.ts';
import { EncoderLibrary } from './encoders/encoder-library.ts';
import { EncoderRegistry } from './encoders/encoder-registry.ts';
import { cancelTrainingRun } from './handlers/cancel-training-run.ts';
import { createTrainingRun } from './handlers/create-training-run.ts';
import { embed } from './handlers/embed.ts';
import { getEncoder } from './handlers/get-encoder.ts';
import { getTrainingRun } from './handlers/get-training-run.ts';
import { listEncoders } from './handlers/list-encoders.ts';
import { listTrainingRuns } from './handlers/list-training-runs.ts';
import { modelInfer } from './handlers/model-infer.ts';
import { modelMetadata } from './handlers/model-metadata.ts';
import { modelReady } from './handlers/model-ready.ts';
import { perturb } from './handlers/perturb.ts';
import { predict } from './handlers/predict.ts';
import { registerEncoder } from './handlers/register-encoder.ts';
import { serverLive } from './handlers/server-live.ts';
import { serverMetadata } from './handlers/server-metadata.ts';
import { serverReady } from './handlers/server-ready.ts';
import { unregisterEncoder } from './handlers/unregister-encoder.ts';
import { valueAndGradient } from './handlers/value-and-gradient.ts';
import { valueAndGradientSession } from './handlers/value-and-gradient-session.ts';
import { watchTrainingRun } from './handlers/watch-training-run.ts';
import { Workbench } from './passes/workbench.ts';
import type { Service } from './service.ts';
import { LiveMetrics } from './training/live-metrics.ts';
import type { TrainingGround } from './training/prepare-training.ts';
import { trainEncoder } from './training/train-encoder.ts';
import { TrainedBundles } from './training/trained-bundles.ts';
import type { TrainingResult, TrainingSpec } from './training/training-spec.ts';

export { configSchema, type EncoderConfig } from './config.ts';

/** What an encoder service stands on. The caller closes it, after the server. */
export interface EncoderDependencies {
  /** Runs graphs; may be shared with other services of the process. */
  readonly engine: Engine;
  /** Holds bundles, heads and datasets. */
  readonly artifacts: ArtifactStore;
  /** Holds names and runs. */
  readonly database: Database<unknown>;
  readonly logger: Logger;
}

/**
 * Starts the service of one paradigm's encoders: it serves, differentiates, attacks and trains them.
 *
 * @throws ConflictError when the port is in use.
 */
export async function createEncoderServer(
  config: EncoderConfig,
  dependencies: EncoderDependencies,
): Promise<RpcServer> {
  const service = await createService(config, dependencies);
  const { host } = config;
  const { logger } = dependencies;
  const stop = async () => {
    await service.trainings.stop();
    await service.bench.close();
  };
  try {
    const server = await createServer({ services: servicesOf(service), host, port: portOf(config), logger });
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

async function createService(config: EncoderConfig, dependencies: EncoderDependencies): Promise<Service> {
  const { engine, artifacts, database, logger } = dependencies;
  const { paradigm } = config;
  const deployment = `encoder-${paradigm}`;
  const registry = await EncoderRegistry.open(database, deployment);
  const datasets = { searchPaths: dataSearchPaths(config.dataDir), artifacts };
  const trained = new TrainedBundles(database);
  const ground: TrainingGround = { engine, artifacts, datasets, registry, trained, liveMetrics: new LiveMetrics() };
  const trainings = createRunner<TrainingSpec, TrainingResult>({
    store: await openRunStore(database),
    kind: `${deployment}.training`,
    // One training has the cores to itself.
    concurrency: 1,
    execute: (spec, context) => trainEncoder(spec, context, ground),
    describeError: rpcErrorFrom,
    log: logger,
  });
  const library = new EncoderLibrary(registry, artifacts);
  return { paradigm, artifacts, registry, library, bench: new Workbench(engine), ground, trainings };
}

function servicesOf(service: Service): readonly ServiceImplementation[] {
  return [encoderService(service), inferenceService(service)];
}

/** For clients that know KServe or Triton and not our contracts. */
function inferenceService(service: Service): ServiceImplementation {
  return implement(GRPCInferenceServiceService, {
    serverLive: serverLive(),
    serverReady: serverReady(),
    modelReady: modelReady(service),
    serverMetadata: serverMetadata(),
    modelMetadata: modelMetadata(service),
    modelInfer: modelInfer(service),
  });
}

function encoderService(service: Service): ServiceImplementation {
  return implement(EncoderServiceService, {
    listEncoders: listEncoders(service),
    getEncoder: getEncoder(service),
    registerEncoder: registerEncoder(service),
    unregisterEncoder: unregisterEncoder(service),
    embed: embed(service),
    predict: predict(service),
    valueAndGradient: valueAndGradient(service),
    valueAndGradientSession: valueAndGradientSession(service),
    perturb: perturb(service),
    createTrainingRun: createTrainingRun(service),
    getTrainingRun: getTrainingRun(service),
    listTrainingRuns: listTrainingRuns(service),
    cancelTrainingRun: cancelTrainingRun(service),
    watchTrainingRun: watchTrainingRun(service),
  });
}
