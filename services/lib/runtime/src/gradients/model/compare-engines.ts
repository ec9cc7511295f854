import { createGraph, differentiate, type Graph, GraphError, input, inputName } from '@parallax/graph';
import { float32, normal, type Tensor } from '@parallax/tensor';
import { compareRows } from '../../differential/compare.ts';
import type { Engine } from '../../engine.ts';
import { runOnce } from '../../run-once.ts';
import { flipsBetween, sidesOf } from './kinks.ts';

/** How far two engines are apart on one image: L2 distances, relative to the norm of the first engine's result. */
export interface SampleAgreement {
  readonly sample: number;
  readonly output: number;
  readonly gradient: number;
  /** Units that stand on other sides of their kink: the gradient differs by more than rounding then. */
  readonly flips: number;
}

/** A model in float32 on two engines. */
export interface EngineAgreement {
  /** The engine compared with, as it calls itself. */
  readonly engine: string;
  readonly samples: readonly SampleAgreement[];
  readonly seconds: number;
}

/** Compares the output of a model and the gradient of a random weighting of it, image for image. */
export async function compareEngines(
  engine: Engine,
  other: Engine,
  graph: Graph,
  images: Tensor,
): Promise<EngineAgreement> {
  const started = performance.now();
  const count = images.dims[0] ?? 0;
  const weights = await weightsLike(engine, graph, images);
  const [name] = graph.inputs.map(inputName);
  const problem = { graph: weightedGraph(graph), feeds: { [name ?? '']: images, weights } };
  // Tiled convolutions would add their own rounding.
  const expected = await runOnce(engine, problem, { convolutions: 'direct' });
  const got = await runOnce(other, problem);
  const apart = (result: 'output' | 'gradient'): readonly number[] =>
    compareRows(got[result] as Tensor, expected[result] as Tensor, count).map(({ relative, notFinite }) =>
      notFinite > 0 ? Number.POSITIVE_INFINITY : relative,
    );
  const [outputs, gradients] = [apart('output'), apart('gradient')];
  const flips = flipsBetween(expected, got, count);
  const samples = Array.from({ length: count }, (_, sample) => ({
    sample,
    output: outputs[sample] ?? Number.NaN,
    gradient: gradients[sample] ?? Number.NaN,
    flips: flips[sample] ?? 0,
  }));
  return { engine: other.name, samples, seconds: (performance.now() - started) / 1000 };
}

/** images, weights → the output, its weighted sum's gradient, and the sides of all kinks. */
function weightedGraph({ inputs, outputs }: Graph): Graph {
  const [images] = inputs;
  const [output] = outputs;
  if (images === undefined || output === undefined) {
    throw new GraphError('comparison', 'expected one input, one output');
  }
  const weights = input('weights', output.value.shape, output.value.dtype);
  const [gradient] = differentiate(output.value, [images], weights);
  if (gradient === undefined) throw new GraphError('comparison', 'expected a gradient of the images');
  return createGraph([...inputs, weights], { output: output.value, gradient, ...sidesOf(output.value) });
}

async function weightsLike(engine: Engine, graph: Graph, images: Tensor): Promise<Tensor> {
  const [name] = graph.inputs.map(inputName);
  const [output] = Object.values(await runOnce(engine, { graph, feeds: { [name ?? '']: images } }));
  if (output === undefined) throw new GraphError('comparison', 'expected an output');
  return float32(output.dims, normal({ seed: 1, purpose: 'model.weights' }, output.data.length));
}

/** Largest distances of sound engines; of the gradient of an image in which a unit stands on the other side of a kink, too. */
const agreementTolerances = { output: 1e-4, gradient: 1e-3, flippedGradient: 5e-2 } as const;

/** What in a comparison exceeds the tolerance, one sentence an image; `tolerance` stands for that of outputs and gradients. */
export function agreementFailures({ engine, samples }: EngineAgreement, tolerance?: number): readonly string[] {
  return samples.flatMap(({ sample, output, gradient, flips }) => {
    const outputLimit = tolerance ?? agreementTolerances.output;
    const gradientLimit = flips > 0 ? agreementTolerances.flippedGradient : (tolerance ?? agreementTolerances.gradient);
    const beyond = (what: string, error: number, limit: number): readonly string[] =>
      error <= limit ? [] : [`${engine}: image ${sample}: ${what}: ${error.toExponential(1)} apart exceeds ${limit}`];
    return [...beyond('output', output, outputLimit), ...beyond('gradient', gradient, gradientLimit)];
  });
}
