import type { Graph } from './graph.ts';
import type { Value } from './value.ts';

/** What an operator takes: its inputs in ONNX order (`null`: left out) and its attributes. */
export interface Signature {
  readonly inputs: readonly (Value | null)[];
  readonly attributes: object;
}

type None = Record<never, never>;
type Unary = { readonly inputs: readonly [x: Value]; readonly attributes: None };
type Binary = { readonly inputs: readonly [a: Value, b: Value]; readonly attributes: None };
type Reduction = {
  readonly inputs: readonly [x: Value, axes: Value | null];
  readonly attributes: { readonly keepdims: number; readonly noop_with_empty_axes: number };
};
type ArgReduction = {
  readonly inputs: readonly [x: Value];
  readonly attributes: { readonly axis: number; readonly keepdims: number; readonly select_last_index: number };
};
type Softmax = { readonly inputs: readonly [x: Value]; readonly attributes: { readonly axis: number } };

/** The window of a convolution or a pooling. Lists have one entry per spatial axis (`pads`: all begins, then all ends). */
export interface Window {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/**
 * Every operator we know: what it takes and its attributes, under the names of the ONNX specification. The operator
 * table is a mapped type over this list, so an operator without a rule, or a rule with the wrong number of gradients,
 * does not compile.
 */
export interface Signatures {
  // elementwise
  readonly Abs: Unary;
  readonly Ceil: Unary;
  readonly Cos: Unary;
  readonly Erf: Unary;
  readonly Exp: Unary;
  readonly Floor: Unary;
  readonly Gelu: { readonly inputs: readonly [x: Value]; readonly attributes: { readonly approximate: string } };
  readonly HardSigmoid: {
    readonly inputs: readonly [x: Value];
    readonly attributes: { readonly alpha: number; readonly beta: number };
  };
  readonly Identity: Unary;
  readonly Log: Unary;
  readonly Neg: Unary;
  readonly Reciprocal: Unary;
  readonly Relu: Unary;
  readonly Round: Unary;
  readonly Sigmoid: Unary;
  readonly Sign: Unary;
  readonly Sin: Unary;
  readonly Softplus: Unary;
  readonly Sqrt: Unary;
  readonly Tanh: Unary;
  readonly Add: Binary;
  readonly Div: Binary;
  readonly Max: Binary;
  readonly Min: Binary;
  readonly Mod: { readonly inputs: readonly [a: Value, b: Value]; readonly attributes: { readonly fmod: number } };
  readonly Mul: Binary;
  readonly Pow: Binary;
  readonly Sub: Binary;
  readonly Clip: {
    readonly inputs: readonly [x: Value, min: Value | null, max: Value | null];
    readonly attributes: None;
  };
  readonly Cast: { readonly inputs: readonly [x: Value]; readonly attributes: { readonly to: number } };
  // logic and selection
  readonly And: Binary;
  readonly Equal: Binary;
  readonly Greater: Binary;
  readonly GreaterOrEqual: Binary;
  readonly IsNaN: Unary;
  readonly Less: Binary;
  readonly LessOrEqual: Binary;
  readonly Not: Unary;
  readonly Or: Binary;
  readonly Where: { readonly inputs: readonly [condition: Value, x: Value, y: Value]; readonly attributes: None };
  readonly ArgMax: ArgReduction;
  readonly ArgMin: ArgReduction;
  readonly TopK: {
    readonly inputs: readonly [x: Value, k: Value];
    readonly attributes: { readonly axis: number; readonly largest: number; readonly sorted: number };
  };
  readonly OneHot: {
    readonly inputs: readonly [indices: Value, depth: Value, values: Value];
    readonly attributes: { readonly axis: number };
  };
  readonly Gather: {
    readonly inputs: readonly [data: Value, indices: Value];
    readonly attributes: { readonly axis: number };
  };
  readonly GatherElements: {
    readonly inputs: readonly [data: Value, indices: Value];
    readonly attributes: { readonly axis: number };
  };
  readonly ScatterElements: {
    readonly inputs: readonly [data: Value, indices: Value, updates: Value];
    readonly attributes: { readonly axis: number; readonly reduction: string };
  };
  // reductions
  readonly ReduceL2: Reduction;
  readonly ReduceMax: Reduction;
  readonly ReduceMean: Reduction;
  readonly ReduceMin: Reduction;
  readonly ReduceSum: Reduction;
  readonly LogSoftmax: Softmax;
  readonly Softmax: Softmax;
  // movement
  readonly Concat: { readonly inputs: readonly Value[]; readonly attributes: { readonly axis: number } };
  readonly Expand: { readonly inputs: readonly [x: Value, shape: Value]; readonly attributes: None };
  readonly Pad: {
    readonly inputs: readonly [x: Value, pads: Value, value: Value | null, axes: Value | null];
    readonly attributes: { readonly mode: string };
  };
  readonly Reshape: {
    readonly inputs: readonly [x: Value, shape: Value];
    readonly attributes: { readonly allowzero: number };
  };
  readonly Shape: Unary;
  readonly Slice: {
    readonly inputs: readonly [x: Value, starts: Value, ends: Value, axes: Value | null, steps: Value | null];
    readonly attributes: None;
  };
  readonly Squeeze: { readonly inputs: readonly [x: Value, axes: Value]; readonly attributes: None };
  readonly Transpose: {
    readonly inputs: readonly [x: Value];
    readonly attributes: { readonly perm: readonly number[] };
  };
  readonly Unsqueeze: { readonly inputs: readonly [x: Value, axes: Value]; readonly attributes: None };
  // linear
  readonly Conv: {
    readonly inputs: readonly [x: Value, weight: Value, bias: Value | null];
    readonly attributes: Window & { readonly group: number };
  };
  readonly ConvTranspose: {
    readonly inputs: readonly [x: Value, weight: Value, bias: Value | null];
    readonly attributes: Window & { readonly group: number; readonly output_padding: readonly number[] };
  };
  readonly Gemm: {
    readonly inputs: readonly [a: Value, b: Value, c: Value | null];
    readonly attributes: {
      readonly alpha: number;
      readonly beta: number;
      readonly transA: number;
      readonly transB: number;
    };
  };
  readonly MatMul: Binary;
  // pooling
  readonly AveragePool: {
    readonly inputs: readonly [x: Value];
    readonly attributes: Window & { readonly ceil_mode: number; readonly count_include_pad: number };
  };
  readonly GlobalAveragePool: Unary;
  // normalisation
  readonly BatchNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value, mean: Value, variance: Value];
    readonly attributes: { readonly epsilon: number; readonly momentum: number; readonly training_mode: number };
  };
  readonly LayerNormalization: {
    readonly inputs: readonly [x: Value, scale: Value, bias: Value | null];
    readonly attributes: { readonly axis: number; readonly epsilon: number };
  };
  // control
  readonly Loop: {
    /** The body takes (iteration, condition, ...state) and gives (condition, ...state). */
    readonly inputs: readonly (Value | null)[];
    readonly attributes: { readonly body: Graph };
  };
}

export type OpName = keyof Signatures;
export type Inputs<O extends OpName> = Signatures[O]['inputs'];
export type Attributes<O extends OpName> = Signatures[O]['attributes'];
