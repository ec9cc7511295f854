import { accumulate } from './accumulate.ts';
import { reduceSum, reshapeTo } from './build.ts';
import { formatShape, type Shape, sameShape } from './dims.ts';
import { GraphError, NotDifferentiableError } from './errors.ts';
import type { GradientContext, Operator } from './operator.ts';
import { expandLike } from './operators/shared.ts';
import { operators } from './operators/table.ts';
import { operandsOf, topologicalOrder } from './order.ts';
import type { OpName } from './signatures.ts';
import { type Node, scalarConstant, type Value } from './value.ts';

/**
 * Reverse mode: the gradient of the sum of all elements of `output` with respect to each value of `wrt`, as more
 * graph. Only the nodes between `wrt` and `output` are visited; what nobody asks for is never part of a graph.
 *
 * @param seed d loss / d output; ones when left out.
 * @throws NotDifferentiableError naming the operator, when the only way back leads through one without a gradient.
 * @throws GraphError when `output` does not depend on a value of `wrt`.
 */
export function differentiate(output: Value, wrt: readonly Value[], seed?: Value): readonly Value[] {
  const nodes = topologicalOrder([output]);
  const active = activeValues(nodes, wrt);
  const arrived = new Map<Value, Value[]>([[output, [seed ?? expandLike(scalarConstant(1, output.dtype), output)]]]);
  const gradientOf = (value: Value): Value | null => accumulate(arrived.get(value) ?? []) ?? null;
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((value) => active.has(value))) continue;
    const incoming = node.outputs.map(gradientOf);
    if (incoming.every((gradient) => gradient === null)) continue;
    for (const [index, gradient] of propagate(node, incoming)) {
      const target = node.inputs[index];
      if (gradient === null || !target || !active.has(target)) continue;
      arrived.set(target, [...(arrived.get(target) ?? []), sumTo(node.op, gradient, target.shape)]);
    }
  }
  return wrt.map((value) => {
    const gradient = gradientOf(value);
    if (gradient === null)
      throw new GraphError('differentiate', `expected an output that depends smoothly on ${describe(value)}`);
    return gradient;
  });
}

/** Values that depend on one of `wrt` and can change a little: the only ones whose gradient can matter. */
function activeValues(nodes: readonly Node[], wrt: readonly Value[]): ReadonlySet<Value> {
  const active = new Set<Value>(wrt);
  for (const node of nodes) {
    if (!operandsOf(node).some((operand) => active.has(operand))) continue;
    for (const value of node.outputs) if (isContinuous(value) || isQuantized(node, active)) active.add(value);
  }
  return active;
}

/** Integers and truth values step: shapes, indices, classes and masks hand no gradient on. */
function isContinuous({ dtype }: Value): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** Operators that hand their first operand on as it is, in another arrangement. */
const arranging: ReadonlySet<OpName> = new Set<OpName>(['Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

/** Whole numbers that stand for continuous ones: gradients go straight through the rounding. */
function isQuantized({ op, inputs: [x] }: Node, active: ReadonlySet<Value>): boolean {
  return (
    op === 'QuantizeLinear' ||
    op === 'MatMulInteger' ||
    (arranging.has(op) && x !== null && x !== undefined && active.has(x))
  );
}

/** The gradients of the inputs, by their place, for those of the outputs: the sum of what each output hands on. */
function propagate(
  node: Node,
  gradients: readonly (Value | null)[],
): readonly (readonly [input: number, gradient: Value | null])[] {
  const { gradient: rule, otherGradients } = operators[node.op] as unknown as Operator<OpName>;
  if (rule === null) throw new NotDifferentiableError(node.op, 'has no gradient');
  // The table is typed per operator; here the operator is any of them, and its own inputs go back into its own rule.
  const { inputs, outputs, attributes } = node as unknown as Omit<GradientContext<OpName>, 'gradient'>;
  return gradients.flatMap((gradient, output) => {
    if (gradient === null) return [];
    const ruleOfOutput = output === 0 ? rule : otherGradients?.[output];
    if (ruleOfOutput === undefined)
      throw new NotDifferentiableError(node.op, `has no gradient of its output ${output}`);
    return [...ruleOfOutput({ inputs, outputs, attributes, gradient }).entries()];
  });
}

/** Undoes broadcasting: sums a gradient over the axes along which the input was repeated. */
function sumTo(op: OpName, gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const lead = gradient.shape.length - shape.length;
  const axes = [...gradient.shape.keys()].filter(
    (axis) => axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1),
  );
  const summed = axes.length === 0 ? gradient : reduceSum(gradient, axes);
  const fitted = lead <= 0 ? summed : reshapeTo(summed, shape);
  if (!sameShape(fitted.shape, shape)) {
    throw new GraphError(op, `gradient: expected ${formatShape(shape)}, got ${formatShape(gradient.shape)}`);
  }
  return fitted;
}

function describe(value: Value): string {
  return value.source.kind === 'input' ? `input ${value.source.name}` : `a value ${formatShape(value.shape)}`;
}
