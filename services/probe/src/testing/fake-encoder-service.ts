import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createServer, failedPrecondition, notFound, type RpcServer } from '@parallax/rpc';
import { implementPartly } from '@parallax/rpc/testing';
import type { Engine } from '@parallax/runtime';
import type { ArtifactStore } from '@parallax/store';
import { silentLogger } from '@parallax/telemetry';
import { decodeTensor, encodeTensor, float32, type Tensor } from '@parallax/tensor';
import { HeadRunner } from '../fitting/head-runner.ts';

/** What a test can see and change of the service. */
export interface FakeEncoder {
  /** Images embedded so far. */
  embedded: number;
  /** Awaited before each batch. */
  beforeBatch: () => Promise<void>;
}

const side = 32;
const cell = 4;
const cells = (side / cell) ** 2;

/** Serves one encoder, `pooled`: the mean of each 4×4 square of each channel, 192 features. */
export async function startFakeEncoder(
  engine: Engine,
  artifacts: ArtifactStore,
  fake: FakeEncoder,
): Promise<RpcServer> {
  const known = (name: string) => {
    if (name !== 'pooled') throw notFound(`encoder ${name}: not here`, { reason: 'ENCODER_NOT_FOUND' });
  };
  const service = implementPartly(EncoderServiceService, {
    getEncoder: async ({ name }) => {
      known(name);
      return { encoder: Encoder.create({ name, paradigm: Paradigm.CL, bundleDigest: 'b'.repeat(64) }) };
    },
    embed: async ({ encoder, images }) => {
      known(encoder);
      await fake.beforeBatch();
      const vectors = pooled(images && decodeTensor(images));
      fake.embedded += vectors.dims[0] ?? 0;
      return { vectors: encodeTensor(vectors) };
    },
    predict: async ({ encoder, head, images }) => {
      known(encoder);
      if (head?.head?.$case !== 'artifactDigest') throw failedPrecondition('no own head', { reason: 'PART_MISSING' });
      await using runner = new HeadRunner(engine, await artifacts.get(head.head.value));
      const { classes, logits } = await runner.classify(pooled(images && decodeTensor(images)));
      return { classes, logits: encodeTensor(logits), votes: undefined, draws: 1 };
    },
  });
  return createServer({ services: [service], host: '127.0.0.1', port: 0, logger: silentLogger });
}

function pooled(images: Tensor | undefined): Tensor<'float32'> {
  const [count = 0, channels = 0] = images?.dims ?? [];
  const values = new Float32Array(count * channels * cells);
  images?.data.forEach((value: number | bigint, index: number) => {
    const [plane, row, column] = [Math.floor(index / side ** 2), Math.floor(index / side) % side, index % side];
    const place = plane * cells + Math.floor(row / cell) * (side / cell) + Math.floor(column / cell);
    values[place] = (values[place] as number) + Number(value) / cell ** 2;
  });
  return float32([count, channels * cells], values);
}
