import type { OpName, Signature, Signatures } from './signatures.ts';
import type { Value, ValueInfo } from './value.ts';

/** How ONNX writes an attribute, and the value it has when left out (`undefined`: it must be given). */
export type AttributeSpec<T> = {
  readonly kind: T extends number
    ? 'int' | 'float'
    : T extends string
      ? 'string'
      : T extends readonly number[]
        ? 'ints'
        : 'graph';
  readonly default: T | undefined;
};

export type AttributeTable<A> = { readonly [K in keyof A]-?: AttributeSpec<A[K]> };

/** A gradient for each input: `null` where the output does not depend on it smoothly (indices, shapes, conditions). */
export type Gradients<I extends readonly unknown[]> = { readonly [K in keyof I]: Value | null };

export interface Application<S extends Signature> {
  readonly inputs: S['inputs'];
  readonly outputs: readonly Value[];
  readonly attributes: S['attributes'];
  /** d loss / d first output, in its shape; in a rule of {@link Rules.otherGradients}, of that output. */
  readonly gradient: Value;
}

export type GradientContext<O extends OpName> = Application<Signatures[O]>;

/**
 * All there is to know about an operator. `infer` gives the types of the outputs or throws; `gradient` maps the
 * gradient of the first output to gradients of the inputs, as more graph. A gradient may have the broadcast shape of the
 * output: the walk sums it back to the shape of the input. `gradient: null` means not differentiable, on purpose.
 */
export interface Rules<S extends Signature> {
  readonly attributes: AttributeTable<S['attributes']>;
  readonly infer: (inputs: S['inputs'], attributes: S['attributes']) => readonly ValueInfo[];
  readonly gradient: ((application: Application<S>) => Gradients<S['inputs']>) | null;
  /** The same for gradients that reach outputs after the first, by output: statistics. Asking for others is an error. */
  readonly otherGradients?: { readonly [output: number]: (application: Application<S>) => Gradients<S['inputs']> };
}

/** The rules of one operator. Operators of one signature have one type, so that a shared rule serves them all. */
export type Operator<O extends OpName> = Rules<Signatures[O]>;

/** The operators of one family, as a part of the table. */
export type Family<O extends OpName> = { readonly [K in O]: Operator<K> };
