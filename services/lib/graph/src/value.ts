import { allocate, createTensor, type DataType, float32, int64, type Tensor } from '@parallax/tensor';
import type { Shape } from './dims.ts';
import type { Attributes, OpName } from './signatures.ts';

/** Element type and shape: all that is known of a value before the graph runs. */
export interface ValueInfo {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** Where a value comes from: fed by the caller, fixed, or computed. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number };

/**
 * One tensor of a graph. Values are immutable and know how they are computed, so a graph is nothing but the values
 * somebody asks for: what is not reachable from them does not exist (dead code needs no removal).
 */
export interface Value extends ValueInfo {
  readonly source: Source;
}

/** One application of an ONNX operator, in the form of the opset that is written (see `onnx/encode.ts`). */
export interface Node<O extends OpName = OpName> {
  readonly op: O;
  /** In ONNX order; `null` stands for an optional input left out. */
  readonly inputs: readonly (Value | null)[];
  /** Complete: defaults are filled in when the node is made. */
  readonly attributes: Attributes<O>;
  readonly outputs: readonly Value[];
}

/** A value fed at run time. Symbolic dimensions (usually `'N'`) take any length. */
export function input(name: string, shape: Shape, dtype: DataType = 'float32'): Value {
  return { dtype, shape, source: { kind: 'input', name } };
}

/** A value fixed when the graph is built: weights, axes, shapes. */
export function constant(tensor: Tensor): Value {
  return { dtype: tensor.dtype, shape: tensor.dims, source: { kind: 'constant', tensor } };
}

/** A float32 scalar constant, or one of another type (bool: 0 or 1). */
export function scalarConstant(value: number, dtype: DataType = 'float32'): Value {
  const data = allocate(dtype, 1);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[0] = BigInt(value);
  else data[0] = value;
  return constant(createTensor(dtype, [], data));
}

/** A constant vector of int64: axes, shapes, starts, ends. */
export function integers(values: readonly number[]): Value {
  return constant(int64([values.length], values));
}

/** A constant float32 vector. */
export function vector(values: readonly number[]): Value {
  return constant(float32([values.length], values));
}

/** The tensor of a constant value, or undefined. */
export function constantTensor(value: Value | null | undefined): Tensor | undefined {
  return value?.source.kind === 'constant' ? value.source.tensor : undefined;
}

/** The entries of a constant integer tensor, or undefined when the value is computed at run time. */
export function constantIntegers(value: Value | null | undefined): readonly number[] | undefined {
  const tensor = constantTensor(value);
  return tensor === undefined ? undefined : Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}
