import { InputError } from '@parallax/config';
import { formatShape, type Graph, type Node, reshape, shapeSize, type Value } from '@parallax/graph';
import { dependents, lastLinear } from './last-linear.ts';
import { modelRefused } from './refused.ts';

/** What the user says of a model's output; all may be left open. */
export interface WantedEnds {
  /** What the output of the model is. */
  readonly output?: 'logits' | 'features';
  /** Names of tensors of the file. */
  readonly logitsTensor?: string;
  readonly featuresTensor?: string;
}

/** Where a model is cut into an encoder and its head. */
export interface Ends {
  /** [N, ...] */
  readonly features: Value;
  /** [N, K]; absent when the output is features. */
  readonly logits: Value | undefined;
  readonly notes: readonly string[];
}

/** A model as it was read: its graph, and the tensors that the file names. */
export interface NamedGraph {
  readonly graph: Graph;
  readonly values: ReadonlyMap<string, Value>;
}

/**
 * Finds the logits and the features of a classifier, or the features of a model that gives them out.
 * @throws InputError when a tensor that is named is not there, or no output is logits.
 */
export function findEnds(model: NamedGraph, wanted: WantedEnds): Ends {
  const notes: string[] = [];
  const named = (field: 'logits_tensor' | 'features_tensor', name: string | undefined) =>
    name === undefined ? undefined : namedTensor(model, field, name);
  const features = named('features_tensor', wanted.featuresTensor);
  const logits = named('logits_tensor', wanted.logitsTensor);
  if (logits !== undefined) noteProbabilities(logits, wanted.logitsTensor ?? '', notes);
  if (wanted.output === 'features') {
    const taken = features ?? firstOutput(model);
    return { features: taken, logits: logits && asMatrix(logits, 'header.logits_tensor'), notes };
  }
  const found = logits === undefined ? findLogits(model, notes) : asMatrix(logits, 'header.logits_tensor');
  if (features !== undefined) return { features, logits: found, notes };
  const detected = lastLinear(found, dependents(model.graph));
  if (detected === undefined) notes.push('no last linear layer was found: the logits themselves are the features');
  return { features: detected ?? found, logits: found, notes };
}

function namedTensor({ values, graph }: NamedGraph, field: string, name: string): Value {
  const value = values.get(name);
  if (value !== undefined) return value;
  const outputs = graph.outputs.map((output) => output.name).join(', ');
  const expected = `the name of a tensor of the model (its outputs are ${outputs})`;
  throw new InputError([{ field: `header.${field}`, expected, got: JSON.stringify(name) }]);
}

function firstOutput({ graph }: NamedGraph): Value {
  const [output] = graph.outputs;
  if (output === undefined) throw modelRefused('an output', 'none');
  return output.value;
}

/** The first output that is logits, or of which logits are a step before. */
function findLogits({ graph }: NamedGraph, notes: string[]): Value {
  for (const { name, value } of graph.outputs) {
    const steps: string[] = [];
    const matrix = matrixOf(beforeProbabilities(value, name, steps));
    if (matrix === undefined) continue;
    if (graph.outputs.length > 1) notes.push(`of ${graph.outputs.length} outputs, ${name} is taken for the logits`);
    notes.push(...steps);
    return matrix;
  }
  const got = graph.outputs.map(({ name, value }) => `${name}: ${value.dtype} ${formatShape(value.shape)}`).join(', ');
  throw modelRefused('an output of logits [N, K]; name a tensor, or say that the output is features', got || 'none');
}

/** Steps back over what makes probabilities or classes of logits, and says so. */
function beforeProbabilities(value: Value, name: string, notes: string[]): Value {
  let current = value;
  for (let step = probabilityStep(current); step !== undefined; step = probabilityStep(current)) {
    notes.push(`output ${name} is ${step.what}, not logits: the input of its ${step.operator} is taken instead`);
    current = step.before;
  }
  return current;
}

function noteProbabilities(value: Value, name: string, notes: string[]): void {
  const step = probabilityStep(value);
  if (step !== undefined) notes.push(`tensor ${name} was asked for as logits, but it is ${step.what}`);
}

interface ProbabilityStep {
  readonly what: string;
  readonly operator: string;
  readonly before: Value;
}

/** Operators that end a classifier, and what they make of logits. */
const endings: { readonly [op in Node['op']]?: string } = {
  Softmax: 'probabilities',
  LogSoftmax: 'logarithms of probabilities',
  Sigmoid: 'probabilities',
  ArgMax: 'classes',
  TopK: 'the largest entries',
};
const rearranging: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze']);

function probabilityStep(value: Value): ProbabilityStep | undefined {
  let current = value;
  for (let node = nodeOf(current); node !== undefined && rearranging.has(node.op); node = nodeOf(current)) {
    current = node.inputs[0] ?? current;
  }
  const node = nodeOf(current);
  const before = node?.inputs[0];
  const what = node === undefined ? undefined : endings[node.op];
  if (node !== undefined && before && what !== undefined) return { what, operator: node.op, before };
  return writtenOutSoftmax(node);
}

/** exp x / Σ exp x, with or without the largest entry taken off first. */
function writtenOutSoftmax(node: Node | undefined): ProbabilityStep | undefined {
  const [numerator, denominator] = node?.op === 'Div' ? node.inputs : [];
  const sum = nodeOf(denominator);
  const exponential = nodeOf(numerator);
  if (exponential?.op !== 'Exp' || sum?.op !== 'ReduceSum' || sum.inputs[0] !== numerator) return undefined;
  const [shifted] = exponential.inputs;
  const difference = nodeOf(shifted);
  const before =
    difference?.op === 'Sub' && nodeOf(difference.inputs[1])?.op === 'ReduceMax' ? difference.inputs[0] : shifted;
  return before ? { what: 'probabilities', operator: 'softmax', before } : undefined;
}

function asMatrix(value: Value, field: string): Value {
  const matrix = matrixOf(value);
  if (matrix !== undefined) return matrix;
  throw new InputError([
    { field, expected: 'a tensor of logits [N, K]', got: `${value.dtype} ${formatShape(value.shape)}` },
  ]);
}

/** A value [N, K] or [N, K, 1, 1] as [N, K]; undefined for other shapes and for whole numbers. */
function matrixOf(value: Value): Value | undefined {
  const [batch, classes, ...rest] = value.shape;
  const isFloat = value.dtype === 'float32' || value.dtype === 'float64';
  if (!isFloat || typeof batch === 'number' || typeof classes !== 'number' || shapeSize(rest) !== 1) return undefined;
  return rest.length === 0 ? value : reshape(value, [-1, classes]);
}

function nodeOf(value: Value | null | undefined): Node | undefined {
  return value?.source.kind === 'node' ? value.source.node : undefined;
}
