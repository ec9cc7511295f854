import { decodeRecords } from '@parallax/attacks';
import { getImageSet, openDataset } from '@parallax/datasets';
import { EncoderDirectory, sampleOutcomeMessage } from '@parallax/messages';
import { AttackRunSpec, AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackSpec } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { EncoderRef, Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  EncoderServiceService,
  type PerturbRequest,
  PerturbResponse_Plan as Plan,
  PredictResponse,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createServer, type RpcServer } from '@parallax/rpc';
import { implementPartly } from '@parallax/rpc/testing';
import type { Engine } from '@parallax/runtime';
import { createMemoryArtifactStore } from '@parallax/store';
import { silentLogger } from '@parallax/telemetry';
import { decodeTensor, encodeTensor, float32, type WireTensor } from '@parallax/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attackDataset } from './attack-dataset.ts';
import { storedSpec } from './stored-run.ts';

const classes = 10;
const pixels = 3 * 32 * 32;
const samples = 4;

/** Images that no attack may make: a NaN, values outside the box, a change over budget; the last one is as it was. */
function spoil(images: WireTensor) {
  const spoiled = float32(images.shape, Float32Array.from(decodeTensor(images).data, Number));
  spoiled.data[0] = Number.NaN;
  spoiled.data[pixels] = 1.5;
  spoiled.data[pixels + 1] = -0.25;
  for (let at = 2 * pixels; at < 3 * pixels; at++) spoiled.data[at] = 1 - (spoiled.data[at] ?? 0);
  return encodeTensor(spoiled);
}

function outcomeOf(sampleId: number) {
  const counts = { forward: 2, backward: 1, zeroGradient: 0, nanGradient: 0 };
  return { sampleId, attacked: true, cleanLoss: 0, loss: 1, brokenBy: 'pgd', brokenAtStep: 1, ...counts };
}

let server: RpcServer;

beforeAll(async () => {
  const { labels } = await openDataset(`shapes:test:0-${samples}`, { searchPaths: [] });
  const encoder = {
    ...Encoder.create({ name: 'fake', paradigm: Paradigm.SL, bundleDigest: 'b', classes }),
    inputShape: [3, 32, 32],
  };
  const service = implementPartly(EncoderServiceService, {
    getEncoder: async () => ({ encoder }),
    // Right about the clean images, and easily fooled: any other image is of another class.
    predict: async ({ images, sampleIds }) => {
      const data = images === undefined ? [] : [...decodeTensor(images).data].map(Number);
      if (!data.every((pixel) => pixel >= 0 && pixel <= 1)) throw new Error('asked for the class of what is no image');
      const clean = await openDataset(`shapes:test:0-${samples}`, { searchPaths: [] });
      const predictions = sampleIds.map((id, row) => {
        const own = clean.images([Number(id)]).data;
        const same = own.every((pixel, at) => pixel === data[row * pixels + at]);
        return ((labels[Number(id)] ?? 0) + (same ? 0 : 1)) % classes;
      });
      const logits = encodeTensor(float32([predictions.length, classes], Array(predictions.length * classes).fill(0)));
      return {
        ...PredictResponse.create({}),
        classes: predictions,
        logits: { ...logits, contents: Buffer.from(logits.contents) },
      };
    },
    perturb: async function* ({ images, sampleIds }: PerturbRequest) {
      yield { message: { $case: 'plan' as const, value: Plan.create({ gradientDraws: 1, engine: 'fake' }) } };
      const outcomes = sampleIds.map((id) => sampleOutcomeMessage(outcomeOf(Number(id))));
      const value = { firstRow: 0, images: images && spoil(images), outcomes };
      yield { message: { $case: 'chunk' as const, value } };
    },
  });
  server = await createServer({ services: [service], host: '127.0.0.1', port: 0, logger: silentLogger });
});
afterAll(() => server?.close(0));

it('counts what is over budget or no image as not broken, and stores it as it is', async () => {
  const artifacts = createMemoryArtifactStore();
  using encoders = new EncoderDirectory(new Map([['sl', server.address]]));
  const engine: Engine = {
    name: 'none',
    parallelism: 1,
    compile: () => Promise.reject(new Error('an attack next to the weights computed elsewhere')),
    close: async () => undefined,
  };
  const ground = { artifacts, datasets: { searchPaths: [] }, encoders, engine };
  const spec: AttackRunSpec = {
    ...AttackRunSpec.create({ dataset: { name: `shapes:test:0-${samples}` }, seed: 1n }),
    sources: [{ ...AttackSource.create({}), encoder: EncoderRef.create({ name: 'fake', paradigm: Paradigm.SL }) }],
    attack: AttackSpec.create({ name: 'pgd', budget: { norm: Norm.LINF, epsilon: 8 / 255 } }),
  };
  const { signal } = new AbortController();
  const context = { runId: 'r', attempt: 1, signal, progress: () => undefined, log: silentLogger };
  const { summary, adversarialSetDigest, recordDigest } = await attackDataset(storedSpec(spec), context, ground);
  expect(summary).toMatchObject({ budgetViolations: 3, robust: { successes: 4 }, success: { broken: 0 } });
  const { set } = await getImageSet(artifacts, adversarialSetDigest, 'any');
  const clean = (await openDataset(`shapes:test:0-${samples}`, { searchPaths: [] })).images([0, 1, 2, 3]);
  expect([...set.images.data]).toEqual([...decodeTensor(spoil(encodeTensor(clean))).data]);
  const { records } = decodeRecords(new TextDecoder().decode(await artifacts.get(recordDigest)));
  expect(records.map(({ robust, overBudget }) => [robust, overBudget])).toEqual([
    [true, true],
    [true, true],
    [true, true],
    [true, false],
  ]);
  expect(records[0]?.linf).toBeNaN();
});
