import { GraphError } from './errors.ts';
import { operandsOf } from './order.ts';
import type { Value } from './value.ts';

export interface Output {
  readonly name: string;
  readonly value: Value;
}

/** A closed computation: the values that are fed, in order, and the named values that are asked for, in order. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Output[];
}

/** The name a value is fed under. */
export function inputName(value: Value): string {
  if (value.source.kind !== 'input') throw new GraphError('graph', 'expected an input, got a computed value');
  return value.source.name;
}

/**
 * Makes a graph of values.
 * @throws GraphError when two inputs, or an input and an output, share a name (ONNX has one name space), or an output depends on an input that is not listed.
 */
export function createGraph(inputs: readonly Value[], outputs: Readonly<Record<string, Value>>): Graph {
  const names = inputs.map(inputName);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new GraphError('graph', `input ${repeated}: expected distinct names, got it twice`);
  const ambiguous = names.find((name) => name in outputs);
  if (ambiguous !== undefined) throw new GraphError('graph', `output ${ambiguous}: expected a name that no input has`);
  const graph: Graph = { inputs, outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })) };
  const missing = freeInputs(graph.outputs.map(({ value }) => value)).find((value) => !inputs.includes(value));
  if (missing !== undefined) throw new GraphError('graph', `input ${inputName(missing)}: used but not listed`);
  return graph;
}

/** A graph that is the body of a loop: it may use values of the graph around it besides its own inputs. */
export function createBody(inputs: readonly Value[], outputs: readonly Output[]): Graph {
  return { inputs, outputs };
}

/** Every input that some value depends on. */
export function freeInputs(values: readonly Value[]): readonly Value[] {
  const seen = new Set<Value>();
  const found: Value[] = [];
  const pending = [...values];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.source.kind === 'input') found.push(value);
    if (value.source.kind === 'node') pending.push(...operandsOf(value.source.node));
  }
  return found;
}
