import { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type Client, createClient, type RpcServer } from '@parallax/rpc';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { type ArtifactStore, openState } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import type { EncoderConfig } from '../config.ts';
import { createEncoderServer } from '../server.ts';

/** A deployment that runs, on state of its own, and a client that calls it over the network. */
export interface RunningEncoder extends AsyncDisposable {
  readonly server: RpcServer;
  readonly client: Client<EncoderServiceService>;
  /** The same deployment, as Open Inference Protocol clients see it. */
  readonly inference: Client<GRPCInferenceServiceService>;
  readonly artifacts: ArtifactStore;
  /** The folder of its state. */
  readonly home: string;
  readonly engine: Engine;
  /** Stops the server and starts another on the same state. */
  restart(): Promise<void>;
}

/** Starts an encoder service on a temporary folder. */
export async function startEncoder(paradigm: EncoderConfig['paradigm'] = 'sl'): Promise<RunningEncoder> {
  const folder = await temporaryFolder();
  const state = await openState({ home: folder.path });
  const engine = createOnnxRuntimeEngine({ workers: 2 });
  const start = () =>
    createEncoderServer({ host: '127.0.0.1', port: 0, paradigm }, { ...state, engine, logger: silentLogger });
  let server = await start();
  let client = createClient(EncoderServiceService, server.address);
  let inference = createClient(GRPCInferenceServiceService, server.address);
  const stop = async () => {
    client.close();
    inference.close();
    await server.close(0);
  };
  return {
    get server() {
      return server;
    },
    get client() {
      return client;
    },
    get inference() {
      return inference;
    },
    artifacts: state.artifacts,
    home: folder.path,
    engine,
    restart: async () => {
      await stop();
      server = await start();
      client = createClient(EncoderServiceService, server.address);
      inference = createClient(GRPCInferenceServiceService, server.address);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await engine.close();
      await state.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
