import {
  apply,
  cast,
  constant,
  constantTensor,
  createGraph,
  differentiate,
  type Graph,
  GraphError,
  input,
  type Node,
  NotDifferentiableError,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { createTensor, type Tensor } from '@parallax/tensor';
import { type Engine, type Executable, type Feeds, RuntimeError } from '../../engine.ts';
import { writeOutFloat64 } from '../../float64/kernels.ts';
import { compare, dot, signs } from '../check-gradient.ts';
import type { Precision } from '../samples.ts';
import { type Resolution, rootMeanSquare, type Slopes, slopesAlong } from './slopes.ts';

/** What was found about one operator, in the nodes of a model that were looked at. */
export interface OperatorCheck {
  readonly operator: string;
  /** Nodes between the images and the output. */
  readonly nodes: number;
  readonly checked: number;
  /** Largest relative error of a directional derivative; 0 when nothing was checked. */
  readonly worst: number;
  /** Entries of outputs left out of the comparison, because a kink is within the step of the differences. */
  readonly kinks: number;
  /** Entries of outputs compared, kinks included. */
  readonly entries: number;
  readonly precision: Precision;
  readonly seconds: number;
  /** Why nothing was checked, or not in float64. Empty otherwise. */
  readonly note: string;
}

interface NodeCheck {
  readonly worst: number;
  readonly kinks: number;
  readonly entries: number;
}

/**
 * Steps of the differences, in units of the root mean square of the input. Where the larger one meets kinks, or a
 * function too curved for it, the smaller one is taken.
 */
const resolutions: { readonly [P in Precision]: readonly Resolution[] } = {
  float64: [2 ** -14, 2 ** -20].map((step) => ({ step, roughness: 1e-5, epsilon: 2 ** -52 })),
  float32: [{ step: 2 ** -7, roughness: 2e-2, epsilon: 2 ** -23 }],
};

/** Derivatives this much smaller than the values do not count: they are rounding errors of those. */
const negligible = 2 ** -10;
const directions = 2;

/** The nodes that a gradient could pass on its way from the images to the outputs, by operator. */
export function nodesByOperator({ inputs, outputs }: Graph): ReadonlyMap<string, readonly Node[]> {
  const active = new Set<Value>(inputs);
  const found = new Map<string, Node[]>();
  for (const node of topologicalOrder(outputs.map(({ value }) => value))) {
    if (!node.inputs.some((value) => value !== null && active.has(value))) continue;
    const results = node.outputs.filter(isFloat);
    for (const value of results) active.add(value);
    if (results.length > 0) found.set(node.op, [...(found.get(node.op) ?? []), node]);
  }
  return found;
}

/** The first, the last and evenly between: layers of a network differ along its depth. */
export function pick<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const places = Array.from({ length: most }, (_, index) => Math.round((index * (items.length - 1)) / (most - 1 || 1)));
  return [...new Set(places)].map((place) => items[place] as T);
}

/** Compares the gradients of nodes of one operator with differences, at the values that flow into them. */
export async function checkOperator(
  engine: Engine,
  operator: string,
  nodes: { readonly all: number; readonly chosen: readonly Node[] },
  known: ReadonlyMap<Value, Tensor>,
): Promise<OperatorCheck> {
  const started = performance.now();
  const total = { worst: 0, kinks: 0, entries: 0 };
  let precision = 'float64' as Precision;
  let checked = 0;
  let note = '';
  for (const node of nodes.chosen) {
    try {
      const found = await inBestPrecision(node, precision, (chosen) => checkNode(engine, node, known, chosen));
      if (found.precision !== precision) note = found.note;
      precision = found.precision;
      total.worst = found.result.worst <= total.worst ? total.worst : found.result.worst;
      total.kinks += found.result.kinks;
      total.entries += found.result.entries;
      checked++;
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      note = error.message;
    }
  }
  const seconds = (performance.now() - started) / 1000;
  return { operator, nodes: nodes.all, checked, ...total, precision, seconds, note };
}

/** In float64, or else, where the graph or the engine has no such form, in float32. */
async function inBestPrecision<T>(
  { op }: Node,
  first: Precision,
  check: (precision: Precision) => Promise<T>,
): Promise<{ readonly result: T; readonly precision: Precision; readonly note: string }> {
  try {
    return { result: await check(first), precision: first, note: '' };
  } catch (error) {
    const isRefused = error instanceof GraphError || error instanceof RuntimeError;
    if (first === 'float32' || !isRefused || error instanceof NotDifferentiableError) throw error;
    return { result: await check('float32'), precision: 'float32', note: `${op} has no float64 form here` };
  }
}

async function checkNode(
  engine: Engine,
  node: Node,
  known: ReadonlyMap<Value, Tensor>,
  precision: Precision,
): Promise<NodeCheck> {
  const problem = createProblem(node, known, precision);
  const forward = await engine.compile(writeOutFloat64(problem.forward));
  const total = { worst: 0, kinks: 0, entries: 0 };
  try {
    for (const moved of problem.moved) {
      const gradient = moved.gradient && (await engine.compile(writeOutFloat64(moved.gradient)));
      try {
        for (let draw = 0; draw < directions; draw++) {
          const found = await checkDirection(problem, { forward, gradient, moved, precision, draw });
          total.worst = found.worst <= total.worst ? total.worst : found.worst;
          total.kinks += found.kinks;
          total.entries += found.entries;
        }
      } finally {
        await gradient?.close();
      }
    }
  } finally {
    await forward.close();
  }
  return total;
}

/** An input of a node along which its derivative is taken. */
interface Moved {
  readonly name: string;
  /** Absent where the gradient is zero by rule. */
  readonly gradient: Graph | undefined;
}

interface NodeProblem {
  readonly forward: Graph;
  readonly outputDims: readonly number[];
  readonly moved: readonly Moved[];
  readonly at: Feeds;
}

/** The node alone: the values that the images decide are fed, and all else is constant. */
function createProblem(node: Node, known: ReadonlyMap<Value, Tensor>, precision: Precision): NodeProblem {
  const at: Record<string, Tensor> = {};
  const inputs: Value[] = [];
  const operands = node.inputs.map((value, index) => {
    if (value === null) return null;
    const tensor = inPrecision(known.get(value) ?? constantTensor(value), precision);
    if (!known.has(value) || !isFloat(value)) return constant(tensor);
    const fed = input(`input${index}`, tensor.dims, precision);
    at[`input${index}`] = tensor;
    inputs.push(fed);
    return fed;
  });
  const [output] = apply(node.op, operands as never, node.attributes);
  const weights = input('weights', output.shape, 'float64');
  const moved = inputs.map((value): Moved => {
    const slope = gradientOf(output, value, cast(weights, output.dtype));
    const name = value.source.kind === 'input' ? value.source.name : '';
    return { name, gradient: slope && createGraph([...inputs, weights], { gradient: cast(slope, 'float64') }) };
  });
  const outputDims = fixedDims(output);
  return { forward: createGraph(inputs, { output: cast(output, 'float64') }), outputDims, moved, at };
}

/** Undefined where the rule says that the output does not change with the input. */
function gradientOf(output: Value, value: Value, seed: Value): Value | undefined {
  try {
    return differentiate(output, [value], seed)[0];
  } catch (error) {
    if (error instanceof NotDifferentiableError || !(error instanceof GraphError)) throw error;
    if (error.op !== 'differentiate') throw error;
    return undefined;
  }
}

interface Direction {
  readonly forward: Executable;
  readonly gradient: Executable | undefined;
  readonly moved: Moved;
  readonly precision: Precision;
  readonly draw: number;
}

async function checkDirection(
  { at, outputDims }: NodeProblem,
  { forward, gradient, moved, precision, draw }: Direction,
): Promise<NodeCheck> {
  const origin = Float64Array.from(at[moved.name]?.data as ArrayLike<number>);
  const unit = rootMeanSquare(origin) || 1;
  const direction = signs(`model.direction.${moved.name}`, draw, origin.length);
  const dims = at[moved.name]?.dims ?? [];
  const valuesAt = async (offset: number) => {
    const data = origin.map((value, index) => value + offset * unit * (direction[index] ?? 0));
    const results = await forward.run({ ...at, [moved.name]: tensorOf(dims, data, precision) });
    return results['output']?.data as Float64Array;
  };
  const slopes = await smoothest(resolutions[precision], (resolution) => slopesAlong(valuesAt, resolution));
  // Entries at a kink take no part: neither in the sum of differences nor in the gradient.
  const weights = signs('model.weights', draw, slopes.values.length).map((sign, index) =>
    slopes.kinked[index] === 1 ? 0 : sign,
  );
  const slope = await gradient?.run({
    ...at,
    weights: createTensor('float64', outputDims, weights),
  });
  const along = (slope?.['gradient']?.data as Float64Array | undefined) ?? new Float64Array(origin.length);
  const scaled = along.map((value) => value * unit);
  const floor = negligible * rootMeanSquare(slopes.values) * Math.sqrt(slopes.values.length);
  const { relative } = compare(0, scaled, dot(scaled, direction), dot(weights, slopes.derivatives), floor);
  return { worst: relative, kinks: kinksOf(slopes), entries: weights.length };
}

/** The slopes with the fewest kinks; finer ones are not looked for when there is none. */
async function smoothest(
  tried: readonly Resolution[],
  look: (resolution: Resolution) => Promise<Slopes>,
): Promise<Slopes> {
  let best: Slopes | undefined;
  for (const resolution of tried) {
    const slopes = await look(resolution);
    if (best === undefined || kinksOf(slopes) < kinksOf(best)) best = slopes;
    if (kinksOf(best) === 0) break;
  }
  if (best === undefined) throw new Error('gradient check: expected at least one resolution, got none');
  return best;
}

function kinksOf({ kinked }: Slopes): number {
  return kinked.reduce((sum, flag) => sum + flag, 0);
}

function isFloat({ dtype }: Value): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

function inPrecision(tensor: Tensor | undefined, precision: Precision): Tensor {
  if (tensor === undefined) throw new Error('gradient check: expected the value of every input, got none');
  const isWide = tensor.dtype === 'float64';
  if ((tensor.dtype !== 'float32' && !isWide) || tensor.dtype === precision) return tensor;
  return tensorOf(tensor.dims, Float64Array.from(tensor.data as Float32Array), precision);
}

/** Numbers as a tensor of either precision. */
export function tensorOf(dims: readonly number[], data: Float64Array, precision: Precision): Tensor {
  if (precision === 'float64') return createTensor('float64', dims, data);
  return createTensor('float32', dims, Float32Array.from(data));
}

function fixedDims({ shape }: Value): readonly number[] {
  return shape.map((dim) => {
    if (typeof dim !== 'number') throw new GraphError('shape', `expected fixed lengths, got [${shape.join(', ')}]`);
    return dim;
  });
}
