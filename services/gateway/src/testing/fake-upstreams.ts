import { AttackDescriptor } from '@parallax/proto/parallax/attack/v1/attack_descriptor';
import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { OptionSchema, OptionType } from '@parallax/proto/parallax/common/v1/option';
import { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { createServer, notFound, type RpcServer, type ServiceImplementation } from '@parallax/rpc';
import { implementPartly } from '@parallax/rpc/testing';
import { silentLogger } from '@parallax/telemetry';
import type { GatewayConfig } from '../config.ts';
import { Broadcast } from './broadcast.ts';
import { attackNames } from './example-experiment.ts';
import { robustness, usefulness } from './example-measures.ts';
import { FakeExperiments } from './fake-experiments.ts';

/** Stand-ins for all services behind the gateway: real gRPC servers on free ports, with answers the test decides. */
export interface FakeUpstreams extends AsyncDisposable {
  readonly experiments: FakeExperiments;
  /** Pushed measurements are sent to whoever watches. */
  readonly measurements: Broadcast<Measurement>;
  readonly servers: Readonly<Record<'sl' | 'cl' | 'attack' | 'metrics' | 'experiment', RpcServer>>;
  /** The part of the gateway's configuration that says where they are. */
  readonly addresses: Pick<GatewayConfig, 'encoders' | 'attack' | 'metrics' | 'experiment'>;
}

/** Starts them. */
export async function startFakeUpstreams(): Promise<FakeUpstreams> {
  const experiments = new FakeExperiments();
  const measurements = new Broadcast<Measurement>();
  const servers = {
    sl: await serve(encoders('sl-tiny')),
    cl: await serve(encoders('cl-tiny')),
    attack: await serve(attacks()),
    metrics: await serve(metrics(measurements)),
    experiment: await serve(experiments.implementation),
  };
  const { sl, cl, attack, metrics: metricsServer, experiment } = servers;
  return {
    experiments,
    measurements,
    servers,
    addresses: {
      encoders: new Map([
        ['sl', sl.address],
        ['cl', cl.address],
      ]),
      attack: attack.address,
      metrics: metricsServer.address,
      experiment: experiment.address,
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(servers).map((server) => server.close(0)));
    },
  };
}

/** Serves one implementation on a port, any free one unless told otherwise. */
export function serve(implementation: ServiceImplementation, port = 0): Promise<RpcServer> {
  return createServer({ services: [implementation], host: '127.0.0.1', port, logger: silentLogger });
}

function encoders(name: string): ServiceImplementation {
  const inputShape: readonly number[] = [3, 32, 32];
  const encoder = Encoder.create({ name, paradigm: Paradigm.SL, parameters: 174_906n, inputShape });
  return implementPartly(EncoderServiceService, {
    listEncoders: async () => ({ encoders: [encoder], nextPageToken: '' }),
    getEncoder: async (request) => {
      if (request.name !== name) throw notFound(`no encoder ${request.name}`, { reason: 'ENCODER_NOT_FOUND' });
      return { encoder };
    },
  });
}

function attacks(): ServiceImplementation {
  const options: readonly OptionSchema[] = [
    OptionSchema.create({ name: 'steps', type: OptionType.INTEGER, minimum: 1 }),
  ];
  const pgd = AttackDescriptor.create({ name: 'pgd', title: 'Projected gradient descent', options });
  return implementPartly(AttackServiceService, { listAttacks: async () => ({ attacks: [pgd], nextPageToken: '' }) });
}

function metrics(measurements: Broadcast<Measurement>): ServiceImplementation {
  return implementPartly(MetricsServiceService, {
    getUsefulness: async () => ({ features: [usefulness()] }),
    getRobustness: async () => ({ features: attackNames.map(robustness) }),
    listMeasurements: async () => ({ measurements: [], nextPageToken: '' }),
    exportTable: async ({ filter }) => ({
      mediaType: 'text/csv; charset=utf-8',
      fileName: 'transfer matrix.csv',
      contents: Buffer.from(`experiment\r\n${filter?.experimentId}\r\n`),
    }),
    watchMeasurements: async function* watchMeasurements({ afterId }, { signal }) {
      for await (const measurement of measurements.read(signal)) {
        if (measurement.id > afterId) yield { measurements: [measurement] };
      }
    },
  });
}
