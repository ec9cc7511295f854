import { createGraph, type ImportedModel, inputName } from '@parallax/graph';
import { checkWhole, type Engine, openModel } from '@parallax/runtime';
import { concatBatch, float32, sliceBatch, type Tensor, uniform } from '@parallax/tensor';

/** How an imported model stands to the file it came from. */
export interface Comparison {
  /** Largest difference of an output to onnxruntime's on the original bytes, relative to the largest entry of the output. */
  readonly forward: number;
  /** The same between a batch and its samples alone, both of the imported model; NaN when its batch is fixed. */
  readonly batch: number;
  /** Largest error of the input gradient in random directions, against central differences; NaN when it was not checked. */
  readonly gradient: number;
}

const samples = 4;

/** Images in [0, 1], different in every sample. */
export function randomImages(shape: readonly number[], count: number): Tensor<'float32'> {
  const size = shape.reduce((product, length) => product * length, 1);
  return float32([count, ...shape], Float32Array.from(uniform({ seed: 3, purpose: 'import.images' }, count * size)));
}

/** Compares the first output of an imported model, image for image, with the original bytes. */
export async function compareWithOriginal(
  engine: Engine,
  bytes: Uint8Array,
  { graph }: ImportedModel,
  { gradient = true }: { readonly gradient?: boolean } = {},
): Promise<Comparison> {
  const [image] = graph.inputs;
  const [output] = graph.outputs;
  if (image === undefined || output === undefined) throw new Error('expected an input and an output');
  const name = inputName(image);
  const free = typeof image.shape[0] === 'string';
  const images = randomImages(image.shape.slice(1).map(Number), free ? samples : Number(image.shape[0]));
  const single = createGraph([image], { [output.name]: output.value });
  const [original, executable] = [await openModel(bytes), await engine.compile(single, { convolutions: 'direct' })];
  try {
    const run = async (model: typeof original, tensor: Tensor): Promise<Tensor> => {
      const result = (await model.run({ [name]: tensor }))[output.name];
      if (result === undefined) throw new Error(`output ${output.name}: missing`);
      return result;
    };
    const parts = free ? Array.from({ length: samples }, (_, at) => sliceBatch(images, at, at + 1)) : [images];
    const expected: Tensor[] = [];
    const alone: Tensor[] = [];
    for (const part of parts) {
      expected.push(await run(original, part));
      alone.push(await run(executable, part));
    }
    const together = await run(executable, images);
    return {
      forward: difference(together, concatBatch(expected)),
      batch: free ? difference(together, concatBatch(alone)) : Number.NaN,
      gradient:
        gradient && free ? (await checkWhole(engine, single, sliceBatch(images, 0, 2), 'float32')).worst : Number.NaN,
    };
  } finally {
    await Promise.all([original.close(), executable.close()]);
  }
}

/** max |a - b| / max |b|; a shape that differs, or something that is no number, is infinitely far. */
function difference(a: Tensor, b: Tensor): number {
  if (a.dims.join() !== b.dims.join()) return Number.POSITIVE_INFINITY;
  let [most, scale] = [0, 0];
  for (let index = 0; index < b.data.length; index++) {
    const distance = Math.abs(Number(a.data[index]) - Number(b.data[index]));
    if (Number.isNaN(distance)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, distance);
    scale = Math.max(scale, Math.abs(Number(b.data[index])));
  }
  return most === 0 ? 0 : most / scale;
}
