import { cast, createGraph, differentiate, type Graph, GraphError, input, type Value } from '@parallax/graph';
import { createTensor, normal, type Tensor } from '@parallax/tensor';
import { type Engine, type Executable, type Results, RuntimeError } from '../../engine.ts';
import { writeOutFloat64 } from '../../float64/kernels.ts';
import { widen } from '../../float64/widen.ts';
import { compare, dot, signs } from '../check-gradient.ts';
import type { Precision } from '../samples.ts';
import { tensorOf } from './check-nodes.ts';
import { flipsBetween, sidesOf } from './kinks.ts';
import { type Resolution, rootMeanSquare, slopesAlong } from './slopes.ts';

/** One image's derivative along one direction. */
export interface SampleCheck {
  readonly sample: number;
  readonly analytic: number;
  readonly numeric: number;
  /** Disagreement relative to the larger of both and of the norm of the gradient. */
  readonly error: number;
  /** Whether a kink lay within the steps at every size that was tried; such a sample decides nothing. */
  readonly kinked: boolean;
  /** The part of the error that the rounding of the differences explains: a gradient far smaller than the output has much. */
  readonly rounding: number;
  /** Units (of ReLU and its kind) that change sides within the steps. */
  readonly flips: number;
}

/** The gradient of a whole model, compared with differences of what the model computes. */
export interface WholeCheck {
  /** What the gradient was computed in. */
  readonly precision: Precision;
  /** What the differences were computed in. */
  readonly differences: Precision;
  readonly samples: readonly SampleCheck[];
  /** Largest error of the samples that decide; NaN when none does. */
  readonly worst: number;
  /** Largest part of such an error that the rounding of the differences does not explain. */
  readonly excess: number;
  readonly seconds: number;
  readonly notes: readonly string[];
}

/**
 * Steps in pixels of [0, 1], largest first: it has the smallest rounding errors. Where a kink is met, the next smaller
 * one is tried. float32 is too coarse to tell a kink.
 */
const resolutions: { readonly [P in Precision]: readonly Resolution[] } = {
  float64: [2 ** -10, 2 ** -14, 2 ** -18, 2 ** -22, 2 ** -25].map((step) => ({
    step,
    roughness: 1e-6,
    epsilon: 2 ** -52,
  })),
  float32: [{ step: 2 ** -8, roughness: Number.POSITIVE_INFINITY, epsilon: 2 ** -23 }],
};
const negligible = 2 ** -20;

/**
 * Compares directional derivatives of a random weighting of the output, one direction an image.
 * @param graph images [N, ...] → one output [N, ...].
 */
export async function checkWhole(engine: Engine, graph: Graph, images: Tensor, wanted: Precision): Promise<WholeCheck> {
  const started = performance.now();
  const notes: string[] = [];
  const wide = await tryFloat64(() => openForward(engine, writeOutFloat64(widen(graph))), notes, 'differences are');
  const forward = wide ?? (await openForward(engine, graph));
  const wideGradient =
    wanted === 'float64'
      ? await tryFloat64(() => engine.compile(writeOutFloat64(gradientGraph(widen(graph)))), notes, 'gradient is')
      : undefined;
  const gradient = wideGradient ?? (await engine.compile(gradientGraph(graph)));
  const differences: Precision = wide === undefined ? 'float32' : 'float64';
  const precision: Precision = wideGradient === undefined ? 'float32' : 'float64';
  try {
    const samples = await compareSamples({ forward, gradient, precision, differences, images });
    const judged = samples.filter(decides);
    const worst = largest(judged.map(({ error }) => error));
    const excess = largest(judged.map(({ error, rounding }) => Math.max(0, error - rounding)));
    return { precision, differences, samples, worst, excess, seconds: (performance.now() - started) / 1000, notes };
  } finally {
    await Promise.all([forward.close(), gradient.close()]);
  }
}

/** NaN counts as the largest of all, and so does having no number. */
function largest(numbers: readonly number[]): number {
  return numbers.length === 0 ? Number.NaN : Math.max(...numbers);
}

/** Whether a comparison says something: no kink was met, and rounding leaves digits to compare. */
export function decides({ kinked, rounding }: SampleCheck): boolean {
  return !kinked && rounding <= coarsest;
}

/** Share of a derivative that may be rounding where it is still compared. */
const coarsest = 1e-2;

/** Undefined, with a note that says why, where there is no float64 form or the engine has no kernels for it. */
async function tryFloat64<T>(
  make: () => Promise<T>,
  notes: string[],
  what: 'gradient is' | 'differences are',
): Promise<T | undefined> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof GraphError || error instanceof RuntimeError)) throw error;
    notes.push(`the ${what} in float32: ${unsupportedOf(error)}`);
    return undefined;
  }
}

/** Which operator has no kernel, as onnxruntime says it. */
function unsupportedOf({ message }: Error): string {
  const operator = /Could not find an implementation for (\w+)/.exec(message)?.[1];
  return operator === undefined ? message : `${operator} has no float64 kernel`;
}

/** The output, and what flows into units with a kink at 0. */
function openForward(engine: Engine, { inputs, outputs }: Graph): Promise<Executable> {
  const [output] = outputs;
  if (output === undefined) throw new GraphError('gradient check', 'expected an output, got none');
  return engine.compile(createGraph(inputs, { output: output.value, ...sidesOf(output.value) }));
}

function gradientGraph({ inputs, outputs }: Graph): Graph {
  const [images] = inputs;
  const [output] = outputs;
  if (images === undefined || output === undefined)
    throw new GraphError('gradient check', 'expected one input, one output');
  const weights = input('weights', output.value.shape, 'float64');
  const [gradient] = differentiate(output.value, [images], cast(weights, output.value.dtype));
  return createGraph([...inputs, weights], { gradient: gradient as Value });
}

interface Comparison {
  readonly forward: Executable;
  readonly gradient: Executable;
  readonly precision: Precision;
  readonly differences: Precision;
  readonly images: Tensor;
}

async function compareSamples(comparison: Comparison): Promise<readonly SampleCheck[]> {
  const { differences, images } = comparison;
  const count = images.dims[0] ?? 0;
  const found = new Map<number, SampleCheck>();
  for (const [attempt, resolution] of resolutions[differences].entries()) {
    for (const sample of await attemptSamples(comparison, attempt, resolution)) {
      if (found.get(sample.sample)?.kinked !== false) found.set(sample.sample, sample);
    }
    if ([...found.values()].every(({ kinked }) => !kinked)) break;
  }
  return Array.from({ length: count }, (_, index) => found.get(index) as SampleCheck);
}

/** All samples, along a direction of their own each, at one resolution. */
async function attemptSamples(
  { forward, gradient, precision, differences, images }: Comparison,
  attempt: number,
  resolution: Resolution,
): Promise<readonly SampleCheck[]> {
  const name = forward.inputs[0] ?? '';
  const origin = Float64Array.from(images.data as ArrayLike<number>);
  const count = images.dims[0] ?? 0;
  const direction = signs('model.whole', attempt, origin.length);
  const seen: Results[] = [];
  const weightsOf = ({ data }: Tensor) => Float64Array.from(normal({ seed: 1, purpose: 'model.weights' }, data.length));
  const slopes = await slopesAlong(async (offset) => {
    const data = origin.map((value, index) => value + offset * (direction[index] ?? 0));
    const results = await forward.run({ [name]: tensorOf(images.dims, data, differences) });
    seen.push(results);
    const output = results['output'] as Tensor;
    return weightedRows(output, weightsOf(output), count);
  }, resolution);
  // The points come in order, so the first and the last are the outermost and the middle one is the image itself.
  const flips = flipsBetween(seen[0] ?? {}, seen.at(-1) ?? {}, count);
  const output = seen[2]?.['output'] as Tensor;
  const results = await gradient.run({
    [name]: tensorOf(images.dims, origin, precision),
    weights: createTensor('float64', output.dims, weightsOf(output)),
  });
  const slope = Float64Array.from(results['gradient']?.data as ArrayLike<number>);
  const pixels = origin.length / count;
  const values = rootMeanSquare(output.data as ArrayLike<number>) * Math.sqrt(output.data.length / count);
  return Array.from({ length: count }, (_, sample) => {
    const row = slope.subarray(sample * pixels, (sample + 1) * pixels);
    const analytic = dot(row, direction.subarray(sample * pixels, (sample + 1) * pixels));
    const numeric = slopes.derivatives[sample] ?? Number.NaN;
    const error = compare(0, row, analytic, numeric, negligible * values).relative;
    const scale = Math.max(Math.abs(analytic), Math.abs(numeric), Math.sqrt(dot(row, row)), negligible * values);
    const rounding = scale === 0 ? 0 : slopes.rounding / scale;
    const kinked = slopes.kinked[sample] === 1;
    return { sample, analytic, numeric, error, kinked, rounding, flips: flips[sample] ?? 0 };
  });
}

/** Σ of each sample's row times the weights. */
function weightedRows({ data }: Tensor, weights: Float64Array, count: number): Float64Array {
  const width = weights.length / count;
  return Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let index = row * width; index < (row + 1) * width; index++)
      sum += Number(data[index]) * (weights[index] ?? 0);
    return sum;
  });
}
