import { createHash } from 'node:crypto';
import { type Tensor, toBytes } from '@parallax/tensor';

/**
 * Names which images some result is about: sha256 over the sample ids and the sha256 of each image's float32 bytes, in
 * order. Results of two runs may be compared sample by sample when their digests are equal. Fed batch by batch.
 */
export class SampleSetDigest {
  private readonly hash = createHash('sha256');

  /** Images [N, …] in [0, 1], with N sample ids. */
  add(sampleIds: ArrayLike<number>, images: Tensor<'float32'>): void {
    const bytes = toBytes(images);
    const imageBytes = bytes.length / sampleIds.length;
    for (let row = 0; row < sampleIds.length; row++) {
      this.hash.update(Int32Array.of(sampleIds[row] as number));
      const image = bytes.subarray(row * imageBytes, (row + 1) * imageBytes);
      this.hash.update(createHash('sha256').update(image).digest());
    }
  }

  /** 64 hexadecimal digits. Nothing may be added afterwards. */
  hex(): string {
    return this.hash.digest('hex');
  }
}
