import { once } from 'node:events';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  EncoderServiceService,
  ValueAndGradientSessionResponse_Plan as Plan,
  PredictResponse,
  ValueAndGradientSessionResponse as Response,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createServer } from '@parallax/rpc';
import { implementPartly } from '@parallax/rpc/testing';
import { silentLogger } from '@parallax/telemetry';
import { encodeTensor, zeros } from '@parallax/tensor';

/** An encoder service that says of every image that it is of class 0. */
export interface FakeEncoder extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** Looks that it was asked for. */
  readonly looks: () => number;
  /** Sessions that are open. */
  readonly sessions: () => number;
}

/** What a fake encoder is. */
export interface FakeTraits {
  readonly shape?: readonly number[];
  readonly classes?: number;
  readonly stochastic?: boolean;
  /** Of looks. */
  readonly notes?: readonly string[];
  /** What it answers of a session; default: everything. */
  readonly answers?: 'everything' | 'openings' | 'nothing';
}

/** Starts one under the name `fake`. */
export async function startFakeEncoder(traits: FakeTraits = {}): Promise<FakeEncoder> {
  const { shape = [3, 32, 32], classes = 10, stochastic = false, notes = [], answers = 'everything' } = traits;
  let looks = 0;
  let sessions = 0;
  const logitsOf = (count: number) => encodeTensor(zeros('float32', [count, classes]));
  const encoder = Encoder.create({
    name: 'fake',
    paradigm: Paradigm.SL,
    bundleDigest: 'b',
    inputShape: shape,
    classes,
    stochastic,
  });
  const service = implementPartly(EncoderServiceService, {
    getEncoder: async () => ({ encoder }),
    predict: async ({ images }) => {
      const count = images?.shape[0] ?? 0;
      return { ...PredictResponse.create({}), classes: Array<number>(count).fill(0), logits: logitsOf(count) };
    },
    valueAndGradientSession: async function* (requests, { signal }) {
      sessions++;
      try {
        for await (const { message } of requests) {
          if (message?.$case === 'opening') {
            if (answers === 'nothing') await once(signal, 'abort');
            const plan = Plan.create({ classes, stochastic, forward: 1, backward: 1, notes, engine: 'fake' });
            yield { ...Response.create({}), plan };
          } else if (message?.$case === 'query') {
            looks++;
            if (answers === 'openings') await once(signal, 'abort');
            const count = message.value.images?.shape[0] ?? 0;
            const gradient = message.value.valueOnly ? undefined : encodeTensor(zeros('float32', [count, ...shape]));
            const values = Array<number>(count).fill(0);
            yield { ...Response.create({}), values, gradient, logits: logitsOf(count) };
          }
        }
      } finally {
        sessions--;
      }
    },
  });
  const server = await createServer({ services: [service], host: '127.0.0.1', port: 0, logger: silentLogger });
  return {
    address: server.address,
    looks: () => looks,
    sessions: () => sessions,
    [Symbol.asyncDispose]: () => server.close(0),
  };
}
