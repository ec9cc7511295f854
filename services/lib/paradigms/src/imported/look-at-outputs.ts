import type { Graph } from '@parallax/graph';
import { type DrawSpec, fillDraws } from '@parallax/objectives';
import type { Engine } from '@parallax/runtime';
import { createTensor, elementCount, uniform } from '@parallax/tensor';
import type { ImageShape } from './input-layout.ts';

/** Images looked at. */
const images = 4;
/** How near a sum must be to 1 to be that of probabilities. */
const nearOne = 1e-3;

/** A model as it is run: images [N, C, H, W], and what it draws → one output [N, K]. */
export interface RunnableModel {
  readonly graph: Graph;
  readonly draws: readonly DrawSpec[];
  readonly shape: ImageShape;
}

/** Runs a model on random images and says what is odd about its output: no numbers, probabilities, or the same for all. */
export async function describeOutputs(
  { graph, draws, shape }: RunnableModel,
  engine: Engine,
  isLogits: boolean,
): Promise<readonly string[]> {
  const executable = await engine.compile(graph);
  try {
    const data = uniform({ seed: 0, purpose: 'import.images' }, images * elementCount(shape));
    const [name = ''] = executable.inputs;
    const drawn = fillDraws(draws, { seed: 0, sampleIds: [...Array(images).keys()] });
    const fed = { ...drawn, [name]: createTensor('float32', [images, ...shape], data) };
    const [output] = Object.values(await executable.run(fed));
    const values = Array.from((output?.data ?? []) as ArrayLike<number>);
    const width = values.length / images;
    const rows = Array.from({ length: images }, (_, row) => values.slice(row * width, (row + 1) * width));
    if (!values.every(Number.isFinite)) return ['the output has infinite or undefined entries for random images'];
    return isLogits && rows.every(looksLikeProbabilities)
      ? ['the logits look like probabilities: none is negative and they sum to 1; name the tensor before the softmax']
      : [];
  } finally {
    await executable.close();
  }
}

function looksLikeProbabilities(row: readonly number[]): boolean {
  const sum = row.reduce((total, value) => total + value, 0);
  return row.length > 1 && row.every((value) => value >= 0) && Math.abs(sum - 1) < nearOne;
}
