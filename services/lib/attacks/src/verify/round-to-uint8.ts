import type { Tensor } from '@parallax/tensor';

/** Every value rounded to the nearest multiple of 1/255: what remains of images that are stored with 8 bits. */
export function roundToUint8(images: Tensor<'float32'>): Tensor<'float32'> {
  return { ...images, data: images.data.map((value) => Math.round(value * 255) / 255) };
}
