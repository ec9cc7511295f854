import { InputError, type Violation } from '@parallax/config';
import type { ArtifactStore } from '@parallax/store';

/** Where a batch of images lies: a headerless artifact, row-major [N,C,H,W]. */
export interface ImageBatch {
  readonly digest: string;
  readonly datatype: 'FP32' | 'UINT8';
  /** [N,C,H,W]. */
  readonly shape: readonly [number, number, number, number];
}

/** One image: C·H·W values in [0,1], channel by channel. */
export interface Image {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

const bytesPerValue = { FP32: 4, UINT8: 1 } as const;

/** Artifacts are read whole, to be checked against their digest; larger ones are not batches to look at. */
const maxBatchBytes = 64 * 1024 * 1024;

/**
 * Reads one image of a batch.
 *
 * @throws InputError when digest, shape and index do not describe an image of the artifact; ArtifactNotFoundError;
 * ArtifactCorruptError.
 */
export async function loadImage(artifacts: ArtifactStore, batch: ImageBatch, index: number): Promise<Image> {
  const { digest, datatype, shape } = batch;
  const [count, channels, height, width] = shape;
  const expectedBytes = count * channels * height * width * bytesPerValue[datatype];
  const sizeBytes = await artifacts.size(digest);
  if (expectedBytes !== sizeBytes) {
    throw refused({
      field: 'shape',
      expected: `a shape of ${sizeBytes} bytes`,
      got: `${shape.join('x')} of ${datatype}`,
    });
  }
  if (sizeBytes > maxBatchBytes) {
    throw refused({ field: 'digest', expected: `an artifact of at most ${maxBatchBytes} bytes`, got: `${sizeBytes}` });
  }
  if (index >= count) throw refused({ field: 'index', expected: `0 … ${count - 1}`, got: `${index}` });
  const values = valuesOf(await artifacts.get(digest), datatype);
  const length = channels * height * width;
  return { channels, height, width, values: values.subarray(index * length, (index + 1) * length) };
}

function valuesOf(bytes: Uint8Array, datatype: ImageBatch['datatype']): Float32Array {
  if (datatype === 'UINT8') return Float32Array.from(bytes, (byte) => byte / 255);
  // Copied: the bytes of a file need not begin at a multiple of four.
  return new Float32Array(bytes.slice().buffer);
}

function refused(violation: Violation): InputError {
  return new InputError([violation]);
}
