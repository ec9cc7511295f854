import { GraphError } from '../errors.ts';
import type { AttributeTable } from '../operator.ts';
import { constantIntegers, type Value } from '../value.ts';

/** What an application of a composite operator gives, besides its attributes. */
export interface Application {
  /** In ONNX order; `null` or nothing stands for an optional input left out. */
  readonly inputs: readonly (Value | null | undefined)[];
  /** How many outputs are asked for. */
  readonly outputs: number;
}

/**
 * An ONNX operator that is written out in others when a model is imported. It costs nothing that the written-out form
 * does not cost, its gradient follows from theirs, and every engine can run it. Operators whose own kernel is faster
 * are in the operator table instead.
 */
export interface Composite<A extends object = object> {
  readonly attributes: AttributeTable<A>;
  /** Its outputs, in ONNX order. @throws GraphError when the inputs do not fit. */
  readonly expand: (application: Application, attributes: A) => readonly Value[];
}

/** Keeps the types of the attributes together. */
export function composite<A extends object>(attributes: AttributeTable<A>, expand: Composite<A>['expand']): Composite {
  // Attributes are checked against the table before they come back to `expand`.
  return { attributes, expand: expand as Composite['expand'] };
}

/**
 * The inputs of these names, in ONNX order.
 * @throws GraphError when one of them is left out.
 */
export function requiredInputs<const Names extends readonly string[]>(
  op: string,
  { inputs }: Application,
  names: Names,
): { readonly [K in keyof Names]: Value } {
  const values = names.map((name, index) => {
    const value = inputs[index];
    if (!value) throw new GraphError(op, `${name}: expected a value, got none`);
    return value;
  });
  return values as { readonly [K in keyof Names]: Value };
}

/**
 * The whole numbers of an input that must be known when the graph is built.
 * @throws GraphError when the input is left out or computed.
 */
export function constantInput(op: string, name: string, value: Value | null | undefined): readonly number[] {
  const numbers = constantIntegers(value);
  if (numbers === undefined) {
    throw new GraphError(op, `${name}: expected constant numbers, got ${value ? 'a computed value' : 'none'}`);
  }
  return numbers;
}
