import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { type Client, createClient } from '@parallax/rpc';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { type ArtifactStore, openDatabase, openFolderArtifactStore, startEmbeddedDatabase } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import { createAttackServer } from '../server.ts';
import { type EncoderProcess, startEncoderProcess } from './encoder-process.ts';

/** An attack service that runs, and an encoder service beside it with the trained encoders asked for. */
export interface RunningAttack extends AsyncDisposable {
  readonly client: Client<AttackServiceService>;
  readonly encoders: Client<EncoderServiceService>;
  /** Graphs that the attack service has compiled itself. */
  readonly compiled: () => number;
  /** Starts one more encoder service, which serves the same encoders. */
  readonly startEncoder: () => Promise<EncoderProcess>;
  readonly artifacts: ArtifactStore;
  /** The folder of all state. */
  readonly home: string;
}

/** Starts both on a temporary folder, and trains encoders by these names, each from another seed. */
export async function startAttack(names: readonly string[] = ['short']): Promise<RunningAttack> {
  const folder = await temporaryFolder();
  const server = await startEmbeddedDatabase(`${folder.path}/database`);
  const encoder = await startEncoderProcess(folder.path, server.url);
  const database = await openDatabase<unknown>(server.url);
  const artifacts = await openFolderArtifactStore(`${folder.path}/artifacts`);
  const deployments = new Map([['sl', encoder.address]]);
  const config = { host: '127.0.0.1', port: 0, encoders: deployments };
  const engine = createOnnxRuntimeEngine({ workers: 2 });
  let compiled = 0;
  const counting: Engine = {
    ...engine,
    compile: (...given) => {
      compiled++;
      return engine.compile(...given);
    },
  };
  const attack = await createAttackServer(config, { artifacts, database, engine: counting, logger: silentLogger });
  const client = createClient(AttackServiceService, attack.address);
  const encoders = createClient(EncoderServiceService, encoder.address);
  const stop = async () => {
    client.close();
    encoders.close();
    await attack.close(0);
    await engine.close();
    await encoder[Symbol.asyncDispose]();
    await database.destroy();
    await server.close();
    await folder[Symbol.asyncDispose]();
  };
  for (const [index, name] of names.entries())
    await train(encoders, { name, seed: BigInt(index), dataset: { name: 'shapes:train:0-256' } });
  return {
    client,
    encoders,
    artifacts,
    home: folder.path,
    compiled: () => compiled,
    startEncoder: () => startEncoderProcess(folder.path, server.url),
    [Symbol.asyncDispose]: stop,
  };
}

/** A few steps on 256 images: enough to know some of them. */
async function train(
  encoders: Client<EncoderServiceService>,
  given: Pick<TrainingRunSpec, 'name' | 'seed' | 'dataset'>,
): Promise<void> {
  const spec = {
    ...TrainingRunSpec.create({ paradigm: Paradigm.SL }),
    ...given,
    overrides: { epochs: { value: { $case: 'number' as const, value: 6 } } },
  };
  const { trainingRun } = await encoders.createTrainingRun({ spec, requestId: '' });
  const states: (RunState | undefined)[] = [];
  for await (const message of encoders.watchTrainingRun({ id: trainingRun?.run?.id ?? '' })) {
    states.push(message.trainingRun?.run?.state);
  }
  if (states.at(-1) !== RunState.SUCCEEDED) throw new Error(`training: expected success, got ${states.at(-1)}`);
}
