import { completeAttributes } from './attributes.ts';
import { GraphError } from './errors.ts';
import type { Operator } from './operator.ts';
import { operators } from './operators/table.ts';
import type { Attributes, Inputs, OpName } from './signatures.ts';
import type { Node, Value } from './value.ts';

/**
 * Applies an operator: fills in attribute defaults, infers the types of the outputs and returns them.
 * @throws GraphError when an attribute is missing or the inputs do not fit the operator.
 */
export function apply<O extends OpName>(
  op: O,
  inputs: Inputs<O>,
  attributes: Partial<Attributes<O>> = {},
): readonly [Value, ...Value[]] {
  const operator: Operator<O> = operators[op];
  const complete = completeAttributes(op, operator.attributes, attributes);
  const infos = operator.infer(inputs, complete);
  const outputs: Value[] = [];
  const node: Node<O> = { op, inputs, attributes: complete, outputs };
  infos.forEach((info, output) => {
    // A node of one operator is a node of some operator; TypeScript does not distribute `Node<O>` by itself.
    outputs.push({ ...info, source: { kind: 'node', node: node as unknown as Node, output } });
  });
  const [first, ...rest] = outputs;
  if (first === undefined) throw new GraphError(op, 'expected at least one output, got none');
  return [first, ...rest];
}
