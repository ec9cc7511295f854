import { CorruptDataError } from '@parallax/config';
import { type ArtifactStore, getJson, type JsonValue, putJson } from '@parallax/store';
import { createTensor, fromBytes, type Tensor, toBytes } from '@parallax/tensor';
import { assertImageSet, type ImageSet, type PixelRule } from './image-set.ts';

/** Where images came from and how they were made; plain JSON. */
export type Provenance = { readonly [key: string]: JsonValue };

const format = 'parallax.image-set.v1';

/** Element types by their Open Inference Protocol names. */
const datatypes = { UINT8: 'uint8', FP32: 'float32', INT32: 'int32' } as const;
type Datatype = keyof typeof datatypes;

/** A tensor in the store: headerless, row-major, little-endian. */
interface TensorArtifact {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly digest: string;
}

interface Manifest {
  readonly format: typeof format;
  readonly classes: readonly string[];
  readonly images: TensorArtifact;
  readonly labels: TensorArtifact;
  readonly sampleIds: TensorArtifact;
  readonly provenance: Provenance;
}

/**
 * Stores an image set: its tensors one by one, then a manifest that names them, whose digest is the set's.
 * @throws InputError when the parts do not fit together.
 */
export async function putImageSet(
  store: ArtifactStore,
  set: ImageSet,
  provenance: Provenance,
  pixels: PixelRule = 'inRange',
): Promise<string> {
  assertImageSet(set, pixels);
  const manifest: Manifest = {
    format,
    classes: set.classes,
    images: await putTensor(store, set.images.dtype === 'uint8' ? 'UINT8' : 'FP32', set.images),
    labels: await putTensor(store, 'INT32', createTensor('int32', [set.labels.length], set.labels)),
    sampleIds: await putTensor(store, 'INT32', createTensor('int32', [set.sampleIds.length], set.sampleIds)),
    provenance,
  };
  return putJson(store, manifest);
}

/**
 * Reads what {@link putImageSet} stored.
 * @throws ArtifactNotFoundError, ArtifactCorruptError; CorruptDataError when the artifact is something else; InputError when
 * it holds what are no images, unless any pixels will do.
 */
export async function getImageSet(
  store: ArtifactStore,
  digest: string,
  pixels: PixelRule = 'inRange',
): Promise<{ readonly set: ImageSet; readonly provenance: Provenance }> {
  const manifest = parseManifest(digest, await readManifest(store, digest));
  const { datatype, shape } = manifest.images;
  const images = await store.get(manifest.images.digest);
  const set: ImageSet = {
    classes: manifest.classes,
    images: datatype === 'UINT8' ? fromBytes('uint8', shape, images) : fromBytes('float32', shape, images),
    labels: (await getIntegers(store, manifest.labels)).data,
    sampleIds: (await getIntegers(store, manifest.sampleIds)).data,
  };
  assertImageSet(set, pixels);
  return { set, provenance: manifest.provenance };
}

async function putTensor(store: ArtifactStore, datatype: Datatype, tensor: Tensor): Promise<TensorArtifact> {
  return { datatype, shape: tensor.dims, digest: await store.put(toBytes(tensor)) };
}

async function getIntegers(store: ArtifactStore, { shape, digest }: TensorArtifact): Promise<Tensor<'int32'>> {
  return fromBytes('int32', shape, await store.get(digest));
}

async function readManifest(store: ArtifactStore, digest: string): Promise<JsonValue> {
  try {
    return await getJson(store, digest);
  } catch (error) {
    throw error instanceof SyntaxError ? notAnImageSet(digest) : error;
  }
}

/** The format's name vouches for the rest: nothing but {@link putImageSet} writes it, and the digest covers every byte. */
function parseManifest(digest: string, value: JsonValue): Manifest {
  if (value === null || typeof value !== 'object' || !('format' in value) || value['format'] !== format) {
    throw notAnImageSet(digest);
  }
  return value as unknown as Manifest;
}

function notAnImageSet(digest: string): CorruptDataError {
  return new CorruptDataError(`artifact ${digest}: expected an image set (${format}), got something else`, {
    reason: 'DATASET_CORRUPT',
    facts: { digest },
  });
}
