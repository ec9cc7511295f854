import { Code } from '@parallax/proto/google/rpc/code';
import { AttackServiceService, type CreateAttackRunRequest } from '@parallax/proto/parallax/attack/v1/attack_service';
import { AttackSummary } from '@parallax/proto/parallax/attack/v1/attack_summary';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Run, RunState } from '@parallax/proto/parallax/common/v1/run';
import { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  type CreateTrainingRunRequest,
  EncoderServiceService,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { TrainingRunResult } from '@parallax/proto/parallax/encoder/v1/training_run';
import { type Measurement, MeasurementKind } from '@parallax/proto/parallax/metrics/v1/measurement';
import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { TransferMatrix } from '@parallax/proto/parallax/metrics/v1/transfer_matrix';
import { type CreateProbeRunRequest, ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import { createServer, notFound, type RpcServer } from '@parallax/rpc';
import { implementPartly } from '@parallax/rpc/testing';
import { proportion } from '@parallax/statistics';
import { silentLogger } from '@parallax/telemetry';

/** What the fakes can be told to do. */
export interface FakeBehaviour {
  /** The adversarial set every attack "finds". */
  readonly adversarialSetDigest: string;
  /** A training that fails, by encoder name, with this message. */
  failing?: { readonly encoder: string; readonly message: string };
  /** A training that runs until it is cancelled, by encoder name. */
  endless?: string;
}

/** Services that answer at once, over real gRPC, and remember what they were asked for. */
export class FakePeers {
  readonly trainings: CreateTrainingRunRequest[] = [];
  readonly probes: CreateProbeRunRequest[] = [];
  readonly attacks: CreateAttackRunRequest[] = [];
  readonly measurements: Measurement[] = [];
  readonly cancelled: string[] = [];

  private constructor(
    private readonly behaviour: FakeBehaviour,
    private readonly servers: RpcServer[] = [],
  ) {}

  static async start(behaviour: FakeBehaviour): Promise<FakePeers> {
    const peers = new FakePeers(behaviour);
    const services = [peers.encoder(), peers.probe(), peers.attack(), peers.metrics()];
    peers.servers.push(await createServer({ services, host: '127.0.0.1', port: 0, logger: silentLogger }));
    return peers;
  }

  /** All fakes stand on one address. */
  get address(): string {
    return this.servers[0]?.address ?? '';
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server.close(0);
  }

  private encoder() {
    return implementPartly(EncoderServiceService, {
      getEncoder: async ({ name }) => {
        const known = this.trainings.find(({ spec }) => spec?.name === name);
        if (known === undefined) throw notFound(`no encoder ${name}`);
        const paradigm = known.spec?.paradigm ?? Paradigm.UNSPECIFIED;
        return {
          encoder: Encoder.create({ name, paradigm, parameters: 1000n, featureDimension: 8, bundleDigest: 'b' }),
        };
      },
      createTrainingRun: async (request) => {
        this.trainings.push(request);
        return {
          trainingRun: {
            run: running(request.spec?.name ?? ''),
            spec: request.spec,
            metrics: undefined,
            result: undefined,
          },
        };
      },
      watchTrainingRun: ({ id }, { signal }) => this.watchTraining(id, signal),
      cancelTrainingRun: async ({ id }) => {
        this.cancelled.push(id);
        return { trainingRun: undefined };
      },
      // The class of an image is its brightness in tenths, so that the test knows the answers.
      predict: async ({ images }) => ({ classes: brightness(images), logits: undefined, votes: undefined, draws: 1 }),
    });
  }

  private async *watchTraining(id: string, signal: AbortSignal) {
    const { failing, endless } = this.behaviour;
    const empty = { spec: undefined, metrics: undefined, result: undefined };
    yield { trainingRun: { run: running(id), ...empty } };
    if (endless === id)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const failed =
      failing?.encoder === id
        ? { code: Code.FAILED_PRECONDITION, reason: 'TRAINING_DIVERGED', message: failing.message, fieldViolations: [] }
        : undefined;
    const state = failed === undefined ? RunState.SUCCEEDED : RunState.FAILED;
    const result = failed ? undefined : TrainingRunResult.create({ encoder: id, trainSeconds: 1 });
    yield { trainingRun: { run: { ...running(id), state, error: failed }, ...empty, result } };
  }

  private probe() {
    return implementPartly(ProbeServiceService, {
      createProbeRun: async (request) => {
        this.probes.push(request);
        return { probeRun: { run: running(String(this.probes.length - 1)), spec: request.spec, result: undefined } };
      },
      watchProbeRun: async function* ({ id }) {
        const result = {
          headDigest: `head-${id}`,
          testAccuracy: proportion(40 + Number(id), 100),
          trainAccuracy: proportion(50, 100),
          featureDimension: 8,
          classes: 10,
          fitSeconds: 0,
          reused: false,
          weightDecay: 0,
          epochs: 1,
        };
        yield { probeRun: { run: succeeded(id), spec: undefined, result } };
      },
    });
  }

  private attack() {
    return implementPartly(AttackServiceService, {
      createAttackRun: async (request) => {
        this.attacks.push(request);
        return { attackRun: { run: running(String(this.attacks.length - 1)), spec: request.spec, result: undefined } };
      },
      watchAttackRun: (request) => this.watchAttack(request.id),
    });
  }

  private async *watchAttack(id: string) {
    const result = {
      adversarialSetDigest: this.behaviour.adversarialSetDigest,
      recordDigest: 'records',
      sampleSetDigest: 'c'.repeat(64),
      summary: { ...AttackSummary.create({}), robust: proportion(1, 4) },
      trajectory: [],
    };
    yield { attackRun: { run: succeeded(id), spec: undefined, result } };
  }

  private metrics() {
    return implementPartly(MetricsServiceService, {
      recordMeasurements: async ({ measurements }) => {
        this.measurements.push(...measurements);
        return { ids: measurements.map((_, index) => BigInt(index)) };
      },
      getTransferMatrix: async ({ attack }) => ({ matrix: matrixOf(this.measurements, attack) }),
    });
  }
}

function running(id: string): Run {
  return { ...Run.create({}), id, state: RunState.RUNNING };
}

function succeeded(id: string): Run {
  return { ...running(id), state: RunState.SUCCEEDED };
}

function brightness(images: { readonly shape: readonly number[]; readonly contents: Buffer } | undefined): number[] {
  const [count = 0, ...rest] = images?.shape ?? [];
  const size = rest.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: count }, (_, index) =>
    Math.round((images?.contents.readFloatLE(index * size * 4) ?? 0) * 10),
  );
}

/** The matrix that measurements of one attack make up. */
function matrixOf(measurements: readonly Measurement[], attack: string): TransferMatrix {
  const cells = measurements.filter(
    ({ kind, subject }) => kind === MeasurementKind.TRANSFER && subject?.attack === attack,
  );
  const names = (of: 'encoder' | 'sourceEncoder') => [...new Set(cells.map(({ subject }) => subject?.[of] ?? ''))];
  const entries = (list: readonly string[]) => list.map((encoder) => ({ encoder, paradigm: Paradigm.UNSPECIFIED }));
  const [sources, targets] = [names('sourceEncoder'), names('encoder')];
  const cellOf = (source: string, target: string) => {
    const found = cells.find(({ subject }) => subject?.sourceEncoder === source && subject.encoder === target);
    const accuracy = found?.value?.$case === 'proportion' ? found.value.value : undefined;
    return { accuracy, normalizedDrop: undefined };
  };
  return {
    ...TransferMatrix.create({ attack, complete: true }),
    sources: entries(sources),
    targets: entries(targets),
    rows: sources.map((source) => ({ cells: targets.map((target) => cellOf(source, target)) })),
  };
}
