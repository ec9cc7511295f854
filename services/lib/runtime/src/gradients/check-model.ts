import { createGraph, type Graph, inputName, type Node, type Value } from '@parallax/graph';
import type { Tensor } from '@parallax/tensor';
import type { Engine } from '../engine.ts';
import { checkOperator, nodesByOperator, type OperatorCheck, pick } from './model/check-nodes.ts';
import { checkWhole, decides, type WholeCheck } from './model/check-whole.ts';
import type { Precision } from './samples.ts';

export type { OperatorCheck } from './model/check-nodes.ts';
export { decides, type SampleCheck, type WholeCheck } from './model/check-whole.ts';

export interface ModelCheckOptions {
  /** What the gradient of the whole model is computed in; float32 when left out, as attacks do. */
  readonly precision?: Precision;
  /** Nodes looked at for each operator; 3 when left out. */
  readonly nodesPerOperator?: number;
  /** Called before each operator and before the whole model. */
  readonly onProgress?: (progress: ModelCheckProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far a check is. */
export interface ModelCheckProgress {
  /** The operator being checked, or `whole model`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** What a check of a model found. */
export interface ModelCheck {
  /** Most frequent operator first. */
  readonly operators: readonly OperatorCheck[];
  readonly whole: WholeCheck;
}

/**
 * Checks the gradients of a model that somebody brings: of each operator in it, at the values that really flow into its
 * nodes, and of the whole. Both are compared with central differences in float64 wherever the engine has, or can be
 * given, kernels of that precision.
 *
 * @param graph one float32 input [N, ...], one output [N, ...].
 * @param images what is fed, [N, ...].
 * @throws NotDifferentiableError when no gradient passes from the output to the images.
 */
export async function checkModel(
  engine: Engine,
  graph: Graph,
  images: Tensor,
  { precision = 'float32', nodesPerOperator = 3, onProgress = () => {}, signal }: ModelCheckOptions = {},
): Promise<ModelCheck> {
  const found = [...nodesByOperator(graph)].sort(([, a], [, b]) => b.length - a.length);
  const chosen = found.map(([operator, nodes]) => ({
    operator,
    all: nodes.length,
    chosen: pick(nodes, nodesPerOperator),
  }));
  const total = chosen.length + 1;
  onProgress({ stage: 'whole model', done: 0, total });
  const whole = await checkWhole(engine, graph, images, precision);
  const operators: OperatorCheck[] = [];
  for (const [index, { operator, ...nodes }] of chosen.entries()) {
    signal?.throwIfAborted();
    onProgress({ stage: operator, done: index + 1, total });
    const known = await valuesInto(engine, graph, images, nodes.chosen);
    operators.push(await checkOperator(engine, operator, nodes, known));
  }
  onProgress({ stage: 'done', done: total, total });
  return { operators, whole };
}

/**
 * Largest errors of sound gradients. A float64 comparison is exact but for rounding; a float32 gradient has the errors
 * that attacks see; differences in float32 tell little but gross mistakes, in a deep network with kinks least of all.
 */
export const gradientTolerances = {
  operator: { float64: 1e-6, float32: 5e-3 },
  whole: { float64: 1e-6, float32: 1e-3, coarseDifferences: 1e-1 },
} as const;

/** What in a check exceeds the tolerance, one sentence each; `tolerance` stands for all of {@link gradientTolerances}. */
export function gradientFailures({ operators, whole }: ModelCheck, tolerance?: number): readonly string[] {
  const { differences, precision } = whole;
  const wholeLimit = tolerance ?? gradientTolerances.whole[differences === 'float32' ? 'coarseDifferences' : precision];
  const failures = operators.flatMap(({ operator, worst, precision: checkedIn }) => {
    const limit = tolerance ?? gradientTolerances.operator[checkedIn];
    return worst <= limit ? [] : [`${operator}: error ${worst.toExponential(1)} exceeds ${limit}`];
  });
  if (!whole.samples.some(decides)) {
    return [...failures, 'whole model: every direction that was tried meets a kink, or is lost in rounding errors'];
  }
  if (whole.excess <= wholeLimit) return failures;
  return [...failures, `whole model: error ${whole.worst.toExponential(1)} exceeds ${wholeLimit}`];
}

/** The values that flow into some nodes when the model sees the images. */
async function valuesInto(
  engine: Engine,
  graph: Graph,
  images: Tensor,
  nodes: readonly Node[],
): Promise<ReadonlyMap<Value, Tensor>> {
  const wanted = new Set(nodes.flatMap(({ inputs }) => inputs).filter((value) => value?.source.kind === 'node'));
  const values = [...wanted].filter((value) => value !== null);
  const known = new Map<Value, Tensor>(graph.inputs.map((value) => [value, images]));
  if (values.length === 0) return known;
  const names = Object.fromEntries(values.map((value, index) => [`v${index}`, value]));
  const executable = await engine.compile(createGraph(graph.inputs, names));
  try {
    const results = await executable.run(Object.fromEntries(graph.inputs.map((value) => [inputName(value), images])));
    values.forEach((value, index) => {
      const tensor = results[`v${index}`];
      if (tensor !== undefined) known.set(value, tensor);
    });
    return known;
  } finally {
    await executable.close();
  }
}
