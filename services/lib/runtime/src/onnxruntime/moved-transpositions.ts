import type { Node, OpName, Shape, Value } from '@parallax/graph';

/** Operators that no transposition is moved past. Of those that are not named here it is not known. */
const barriers: ReadonlySet<OpName> = new Set<OpName>([
  'AveragePool',
  'BatchNormalization',
  'Conv',
  'ConvTranspose',
  'Gemm',
  'GlobalAveragePool',
  'InstanceNormalization',
  'LRN',
  'LayerNormalization',
  'LpNormalization',
  'MatMul',
  'MaxPool',
]);

/**
 * Follows, node by node in their order, which values may stand in memory in another order than their shape says:
 * onnxruntime moves a transposition past what follows it, down to an operator that must see the numbers in order.
 */
export class MovedTranspositions {
  private readonly moved = new Set<Value>();

  follow(node: Node): void {
    if (node.op === 'Transpose' || (passes(node) && node.inputs.some((value) => value && this.reach(value)))) {
      for (const output of node.outputs) this.moved.add(output);
    }
  }

  /** Whether a transposition may be moved to after this value. */
  reach(value: Value): boolean {
    return this.moved.has(value);
  }
}

/** A reshape is passed where it adds and removes axes of length 1 alone. */
function passes({ op, inputs: [x], outputs: [y] }: Node): boolean {
  if (op === 'Reshape') return `${longAxes(x?.shape)}` === `${longAxes(y?.shape)}`;
  return !barriers.has(op);
}

function longAxes(shape: Shape = []): Shape {
  return shape.filter((dim) => dim !== 1);
}
