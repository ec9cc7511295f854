import type { TensorArtifact } from '@parallax/proto/parallax/common/v1/tensor_artifact';
import type { ArtifactStore } from '@parallax/store';

/** Eight small colour images and what an attack made of them, FP32 [8,3,32,32], in an artifact store. */
export interface ExampleImages {
  readonly clean: TensorArtifact;
  readonly adversarial: TensorArtifact;
}

/** For tests that look at none. */
export const noImages: Partial<ExampleImages> = {};

const shape = [8, 3, 32, 32] as const;
const epsilon = 8 / 255;

/** Draws discs of eight hues on a gradient, shifts every value by ±8/255 in stripes, and stores both. */
export async function storeExampleImages(artifacts: ArtifactStore): Promise<ExampleImages> {
  const clean = fill((image, channel, row, column) => disc(image, channel, row, column));
  const adversarial = fill((image, channel, row, column) => {
    const sign = Math.sin(row * (0.7 + image / 5) + column * (1.1 - channel / 3) + channel) > 0 ? 1 : -1;
    return Math.min(Math.max(disc(image, channel, row, column) + sign * epsilon, 0), 1);
  });
  return { clean: await store(artifacts, clean), adversarial: await store(artifacts, adversarial) };
}

function disc(image: number, channel: number, row: number, column: number): number {
  const hue = 0.5 + 0.45 * Math.cos((2 * Math.PI * (image + channel * 2.7)) / 8);
  const inside = Math.hypot(row - 15.5, column - 15.5) < 6 + image;
  return inside ? hue : 0.15 + (0.5 * (row + column)) / 62;
}

function fill(value: (image: number, channel: number, row: number, column: number) => number): Float32Array {
  const [count, channels, height, width] = shape;
  return Float32Array.from({ length: count * channels * height * width }, (_, index) => {
    const column = index % width;
    const row = Math.floor(index / width) % height;
    const channel = Math.floor(index / (width * height)) % channels;
    return value(Math.floor(index / (width * height * channels)), channel, row, column);
  });
}

async function store(artifacts: ArtifactStore, values: Float32Array): Promise<TensorArtifact> {
  const digest = await artifacts.put(new Uint8Array(values.buffer));
  return { digest, datatype: 'FP32', shape: [...shape] };
}
