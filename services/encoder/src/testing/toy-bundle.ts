import { createHash } from 'node:crypto';
import {
  add,
  constant,
  conv,
  createGraph,
  encodeModel,
  gemm,
  input,
  mul,
  relu,
  reshape,
  type Value,
} from '@parallax/graph';
import { createDraws, type DrawSpec } from '@parallax/objectives';
import type { EncoderBundle, EncoderManifest, Paradigm, PartManifest, Role } from '@parallax/paradigms';
import type { ArtifactStore } from '@parallax/store';
import { elementCount, encodeTensor, float32, normal, uniformBatch } from '@parallax/tensor';
import { putBundle } from '../encoders/bundle-artifacts.ts';

/** Odd lengths on purpose: rows of a batch then begin anywhere within a packet of the processor. */
export const toyShape = [3, 7, 7] as const;
export const toyClasses = 5;
const width = 6;
/** Stride 2 with padding: 7 → 4. */
const features = width * 4 * 4;

/** What a toy encoder has. */
export interface ToyTraits {
  readonly paradigm?: Paradigm;
  /** Noise on the image. */
  readonly stochastic?: boolean;
  /** A head of its own; default true. */
  readonly head?: boolean;
}

/** A convolution with a linear head, with random weights, as a bundle in the store → its digest. */
export function putToyBundle(artifacts: ArtifactStore, traits: ToyTraits = {}): Promise<string> {
  return putBundle(artifacts, toyBundle(traits));
}

/** A linear head with random weights in the store → its digest. */
export function putToyHead(artifacts: ArtifactStore, classes = toyClasses, inputs = features): Promise<string> {
  return artifacts.put(encodeModel(headGraph(classes, inputs)));
}

/** The images of these sample ids, as a message. */
export function toyImages(sampleIds: readonly number[]) {
  return encodeTensor(uniformBatch({ seed: 5, purpose: 'toy.images' }, sampleIds, toyShape));
}

function toyBundle({ paradigm = 'sl', stochastic = false, head = true }: ToyTraits): EncoderBundle {
  const parts = new Map<Role, Uint8Array>();
  const manifests: Partial<Record<Role, PartManifest>> = {};
  const addPart = (role: Role, bytes: Uint8Array, draws: readonly DrawSpec[]) => {
    parts.set(role, bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    manifests[role] = { digest, bytes: bytes.byteLength, draws };
  };
  const encode = encodeGraph(stochastic);
  addPart('encode', encodeModel(encode.graph), encode.draws);
  if (head) addPart('classify', encodeModel(headGraph(toyClasses, features)), []);
  const manifest: EncoderManifest = {
    format: 'parallax.encoder/1',
    paradigm,
    architecture: 'toy',
    inputShape: toyShape,
    featureDimension: features,
    classes: head ? toyClasses : 0,
    parameters: width * 27 + (head ? toyClasses * features : 0),
    stochastic,
    parts: manifests,
  };
  return { manifest, parts };
}

function encodeGraph(stochastic: boolean) {
  const images = input('images', ['N', ...toyShape]);
  const draws = createDraws();
  const seen = stochastic ? add(images, mul(draws.draw('toy.noise', 'normal', toyShape), 0.3)) : images;
  const maps = relu(conv(seen, weight('toy.kernel', [width, 3, 3, 3], 0.4), null, window));
  const graph = createGraph([images, ...draws.inputs], { features: reshape(maps, [-1, features]) });
  return { graph, draws: draws.specs };
}

const window = { strides: [2, 2], pads: [1, 1, 1, 1] };

function headGraph(classes: number, inputs: number) {
  const given = input('features', ['N', inputs]);
  return createGraph([given], {
    logits: gemm(given, weight(`toy.head.${classes}`, [classes, inputs], 0.2), { transB: true }),
  });
}

function weight(purpose: string, dims: readonly number[], deviation: number): Value {
  return constant(
    float32(
      dims,
      normal({ seed: 11, purpose }, elementCount(dims)).map((value) => value * deviation),
    ),
  );
}
