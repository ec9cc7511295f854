import { cast, createGraph, differentiate, type Graph, mul, reduceSum, type Value } from '@parallax/graph';
import { createTensor, type Tensor, uniform } from '@parallax/tensor';
import type { Engine, Executable } from '../engine.ts';
import { type Precision, type Sample, sampledInput, sampledTensor, within } from './samples.ts';

/** A function of tensors, traced: what a gradient check differentiates. */
export type Traced = (...inputs: Value[]) => Value;

export interface GradientCheckOptions {
  /** Element type of the inputs; float64 unless the runtime has no such kernels. */
  readonly precision?: Precision;
  /** Random directions tried for each input; 3 when left out. */
  readonly directions?: number;
}

/** The worst disagreement found in one input. */
export interface GradientError {
  /** Position of the input. */
  readonly input: number;
  /** Directional derivative by the gradient graph. */
  readonly analytic: number;
  /** Directional derivative by central differences. */
  readonly numeric: number;
  /** |analytic - numeric| relative to the larger of both and of the norm of the gradient. */
  readonly relative: number;
}

/**
 * Step of the differences. The fourth-order formula errs by step⁴·f⁽⁵⁾/30 and by the rounding of f over the step; these
 * steps keep both below 1e-11 (float64) and 1e-5 (float32) for functions of ordinary curvature.
 */
const steps: { readonly [P in Precision]: number } = { float64: 2 ** -10, float32: 2 ** -4 };

/** Gradients below this count as rounding error of functions whose values are of the order of 1. */
const smallest = 1e-3;

/**
 * Compares the gradient of a traced function with central differences along random ±1 directions, one input at a time.
 * A random weighting of the output makes the function scalar; it is summed in float64.
 *
 * @returns one entry per input, in order; an input without elements has no error.
 * @throws Error when a gradient has another shape than its input.
 */
export async function checkGradient(
  engine: Engine,
  traced: Traced,
  samples: readonly Sample[],
  { precision = 'float64', directions = 3 }: GradientCheckOptions = {},
): Promise<readonly GradientError[]> {
  const problem = createProblem(traced, samples, precision);
  const loss = await engine.compile(problem.loss);
  const gradients = await engine.compile(problem.gradients);
  try {
    const results = await gradients.run(problem.feeds(problem.at));
    const errors: GradientError[] = [];
    for (const [input, tensor] of problem.at.entries()) {
      const gradient = assertLike(results[`gradient${input}`], tensor, input);
      const lossAlong = (direction: Float64Array) => async (step: number) =>
        lossOf(loss, problem.feeds(problem.at.with(input, shifted(tensor, direction, step))));
      const tried = [];
      for (let draw = 0; draw < directions && gradient.length > 0; draw++) {
        const direction = signs(`gradient.direction${input}`, draw, gradient.length);
        const numeric = await centralDifference(lossAlong(direction), steps[precision]);
        tried.push(compare(input, gradient, dot(gradient, direction), numeric));
      }
      errors.push(worst(input, tried));
    }
    return errors;
  } finally {
    await Promise.all([loss.close(), gradients.close()]);
  }
}

interface Problem {
  readonly loss: Graph;
  readonly gradients: Graph;
  readonly at: readonly Tensor[];
  readonly feeds: (at: readonly Tensor[]) => Readonly<Record<string, Tensor>>;
}

function createProblem(traced: Traced, samples: readonly Sample[], precision: Precision): Problem {
  const inputs = samples.map((sample, index) => sampledInput(sample, `input${index}`, precision));
  const output = traced(...inputs);
  const weighting = within(output.shape);
  const weights = sampledInput(weighting, 'weights', 'float64');
  const loss = reduceSum(mul(cast(output, 'float64'), weights), undefined, false);
  const gradients = differentiate(output, inputs, cast(weights, output.dtype));
  const fed = { weights: sampledTensor(weighting, 'gradient.weights', 'float64') };
  return {
    loss: createGraph([...inputs, weights], { loss }),
    gradients: createGraph(
      [...inputs, weights],
      Object.fromEntries(gradients.map((value, index) => [`gradient${index}`, value])),
    ),
    at: samples.map((sample, index) => sampledTensor(sample, `gradient.input${index}`, precision)),
    feeds: (at) => ({ ...fed, ...Object.fromEntries(at.map((tensor, index) => [`input${index}`, tensor])) }),
  };
}

async function lossOf(executable: Executable, feeds: Readonly<Record<string, Tensor>>): Promise<number> {
  const { loss } = await executable.run(feeds);
  return Number(loss?.data[0]);
}

/** f'(0) ≈ (8·(f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h */
async function centralDifference(f: (step: number) => Promise<number>, h: number): Promise<number> {
  const near = (await f(h)) - (await f(-h));
  const far = (await f(2 * h)) - (await f(-2 * h));
  return (8 * near - far) / (12 * h);
}

/** The disagreement of two derivatives along one direction; `floor` is the derivative that counts as none. */
export function compare(
  input: number,
  gradient: Float64Array,
  analytic: number,
  numeric: number,
  floor = smallest,
): GradientError {
  const scale = Math.max(Math.abs(analytic), Math.abs(numeric), Math.sqrt(dot(gradient, gradient)), floor);
  const difference = Math.abs(analytic - numeric);
  return { input, analytic, numeric, relative: difference === 0 ? 0 : difference / scale };
}

/** NaN counts as the worst of all. */
function worst(input: number, errors: readonly GradientError[]): GradientError {
  const none: GradientError = { input, analytic: 0, numeric: 0, relative: 0 };
  return errors.reduce((most, each) => (each.relative <= most.relative ? most : each), none);
}

function assertLike(gradient: Tensor | undefined, input: Tensor, index: number): Float64Array {
  const expected = `${input.dtype} [${input.dims.join(', ')}]`;
  const got = gradient === undefined ? 'nothing' : `${gradient.dtype} [${gradient.dims.join(', ')}]`;
  if (gradient === undefined || got !== expected) {
    throw new Error(`gradient of input ${index}: expected ${expected}, got ${got}`);
  }
  return Float64Array.from(gradient.data as ArrayLike<number>);
}

function shifted({ dtype, dims, data }: Tensor, direction: Float64Array, step: number): Tensor {
  const moved = direction.map((sign, index) => Number(data[index]) + step * sign);
  return dtype === 'float64'
    ? createTensor(dtype, dims, moved)
    : createTensor('float32', dims, Float32Array.from(moved));
}

/** A random direction: ±1 in each entry, the same every time for the same purpose and draw. */
export function signs(purpose: string, draw: number, length: number): Float64Array {
  return Float64Array.from(uniform({ seed: 1, purpose, draw }, length), (unit) => (unit < 0.5 ? -1 : 1));
}

/** Σ a·b */
export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
