import {
  bodyOf,
  captured,
  type Graph,
  type Node,
  type OpName,
  operandsOf,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { RuntimeError } from '../engine.ts';
import type { Kernel } from './kernels/kernel.ts';
import { kernels } from './kernels/table.ts';
import { deviceType } from './operand.ts';

/** One node, and what nothing needs any more when it has run. */
export type Step = KernelStep | LoopStep;

export interface KernelStep {
  readonly kind: 'kernel';
  readonly node: Node;
  /** A kernel of one operator is a kernel of some operator; TypeScript does not distribute `Kernel<O>` by itself. */
  readonly kernel: Kernel<'Identity'>;
  readonly freed: readonly Value[];
}

export interface LoopStep {
  readonly kind: 'loop';
  readonly node: Node;
  readonly body: Program;
  readonly freed: readonly Value[];
}

/** A graph in the order in which it is interpreted. */
export interface Program {
  readonly graph: Graph;
  readonly steps: readonly Step[];
}

/**
 * Orders a graph, loop bodies included, and finds out when each value is read last. What a body takes from the graph
 * around it is computed before its loop begins.
 * @throws RuntimeError naming the operator or the element type that tfjs has nothing for.
 */
export function createProgram(graph: Graph, around: ReadonlySet<Value> = new Set()): Program {
  const inside = new Set<Value>(graph.inputs);
  for (const { dtype } of graph.inputs) deviceType(dtype);
  const results = graph.outputs.map(({ value }) => value);
  const order = topologicalOrder(results, (value) => around.has(value));
  for (const node of order) for (const value of node.outputs) inside.add(value);
  const needed = new Set<Value>(results);
  const steps: Step[] = [];
  for (const node of order.toReversed()) {
    const freed = [...new Set([...operandsOf(node), ...node.outputs])].filter(
      (value) => inside.has(value) && !needed.has(value),
    );
    for (const value of freed) needed.add(value);
    steps.push(createStep(node, freed));
  }
  return { graph, steps: steps.reverse() };
}

function createStep(node: Node, freed: readonly Value[]): Step {
  const body = bodyOf(node);
  if (body !== undefined && node.op === 'Loop')
    return { kind: 'loop', node, body: createProgram(body, new Set(captured(body))), freed };
  const kernel = (kernels as { readonly [O in OpName]?: unknown })[node.op] as Kernel<'Identity'> | undefined;
  if (kernel === undefined) throw new RuntimeError(`tfjs: operator ${node.op} has no kernel`);
  try {
    for (const { dtype } of node.outputs) deviceType(dtype);
  } catch (cause) {
    throw new RuntimeError(`node ${node.op}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return { kind: 'kernel', node, kernel, freed };
}
