import { readFileSync } from 'node:fs';
import { constant, div, importModel, inline, inputName, sub, type Value } from '@parallax/graph';
import type { TracedEncoder } from '@parallax/objectives';
import { float32, type Tensor } from '@parallax/tensor';

/** What a classifier expects to be subtracted from the channels and to be divided by. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface LabelledImages {
  /** [N,3,32,32] in [0,1]. */
  readonly images: Tensor<'float32'>;
  readonly labels: readonly number[];
}

export const dims = [3, 32, 32] as const;
const recordBytes = 3073;

/** The first images of a file of the CIFAR-10 binaries. */
export function readImages(file: string, count: number): LabelledImages {
  const bytes = readFileSync(file).subarray(0, count * recordBytes);
  const data = new Float32Array(count * (recordBytes - 1));
  for (let row = 0; row < count; row++) {
    for (let pixel = 1; pixel < recordBytes; pixel++) {
      data[row * (recordBytes - 1) + pixel - 1] = (bytes[row * recordBytes + pixel] ?? 0) / 255;
    }
  }
  const labels = Array.from({ length: count }, (_, row) => bytes[row * recordBytes] ?? 0);
  return { images: float32([count, ...dims], data), labels };
}

/** A classifier behind its normalisation; its logits are the features, which the head passes on. */
export function readClassifier(file: string, { mean, std }: Normalisation): TracedEncoder {
  const { graph } = importModel(readFileSync(file));
  const [name = ''] = graph.inputs.map(inputName);
  const channel = (values: readonly number[]): Value => constant(float32([1, 3, 1, 1], Float32Array.from(values)));
  return {
    encode: (images) => {
      const [logits] = Object.values(inline(graph, { [name]: div(sub(images, channel(mean)), channel(std)) }));
      if (logits === undefined) throw new Error(`${file}: expected an output`);
      return logits;
    },
    classify: (logits) => logits,
  };
}
