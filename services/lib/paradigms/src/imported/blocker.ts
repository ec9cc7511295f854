import {
  differentiate,
  GraphError,
  type Node,
  NotDifferentiableError,
  operators,
  topologicalOrder,
  type Value,
} from '@parallax/graph';

/** The node that lets no gradient through from a value to what it is computed from. */
export function gradientBlocker(output: Value, wrt: Value): Node | undefined {
  try {
    differentiate(output, [wrt]);
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const path = nodesBetween(output, wrt);
    const isWall =
      error instanceof NotDifferentiableError
        ? ({ op }: Node) => op === error.op && operators[op].gradient === null
        : ({ op, outputs }: Node) => steps.has(op) || !outputs.some(isContinuous);
    return path.findLast(isWall) ?? path.findLast(({ op }) => op === error.op) ?? path.at(-1);
  }
}

/** Operators that are constant between their jumps. */
const steps: ReadonlySet<string> = new Set(['Ceil', 'Floor', 'Round', 'Sign']);

/** Nodes that depend on a value, except those that only ask for its shape. */
function nodesBetween(output: Value, wrt: Value): readonly Node[] {
  const reached = new Set<Value>([wrt]);
  return topologicalOrder([output]).filter((node) => {
    const touched = node.op !== 'Shape' && node.inputs.some((value) => value !== null && reached.has(value));
    if (touched) for (const value of node.outputs) reached.add(value);
    return touched;
  });
}

function isContinuous({ dtype }: Value): boolean {
  return dtype === 'float32' || dtype === 'float64';
}
