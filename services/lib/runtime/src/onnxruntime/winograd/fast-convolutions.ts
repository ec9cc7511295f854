import {
  apply,
  type Graph,
  multiplyDims,
  type Node,
  type OpName,
  reshape,
  reshapeTo,
  rewrite,
  sameShape,
  transpose,
  type Value,
} from '@parallax/graph';
import { isTiledRegion, planOf } from './choose.ts';
import { tiledConvolution, transformedKernel } from './convolve.ts';
import { transposed } from './matrices.ts';
import { pointConvolution, pointConvolutionTransposed } from './point-convolution.ts';

export interface FastConvolutionOptions {
  /**
   * Which weights a convolution may have: `fixed` ones (the default), whose transforms are computed once, or any, as in
   * training, where the transforms are part of the graph and so are their gradients.
   */
  readonly weights?: 'fixed' | 'any';
}

/**
 * Writes 3×3 convolutions with Winograd's algorithm where that is faster (`choose.ts`), in the layout [H, W, N, C]. Operators
 * on single numbers, and 1×1 convolutions, that come after one stay in that layout. Differentiated afterwards, the
 * gradients of a convolution share its tiles and take as many fewer multiplications.
 */
export function fastConvolutions(graph: Graph, { weights = 'fixed' }: FastConvolutionOptions = {}): Graph {
  const known = new Map<Value, boolean>();
  const isFixed = (value: Value | null | undefined): boolean => !value || !isVarying(value, known);
  const tiled = rewrite(graph, (node) => {
    if (node.op === 'Transpose') return mergedTranspose(node as Node<'Transpose'>);
    if (elementwise.has(node.op)) return inPlaces(node);
    if (node.op !== 'Conv' && node.op !== 'ConvTranspose') return undefined;
    const [, weight, bias] = node.inputs;
    const isOurs = weights === 'any' || (isFixed(weight) && isFixed(bias));
    return isOurs ? convolved(node as Node<'Conv'> | Node<'ConvTranspose'>) : undefined;
  });
  return rewrite(tiled, (node) => (node.op === 'Transpose' ? quickExchange(node as Node<'Transpose'>) : undefined));
}

/** Whether a value depends on what is fed. */
function isVarying(value: Value, known: Map<Value, boolean>): boolean {
  const found = known.get(value);
  if (found !== undefined) return found;
  const { source } = value;
  const varies =
    source.kind === 'input' ||
    (source.kind === 'node' && source.node.inputs.some((operand) => operand !== null && isVarying(operand, known)));
  known.set(value, varies);
  return varies;
}

function convolved(node: Node<'Conv'> | Node<'ConvTranspose'>): readonly Value[] | undefined {
  const [x, weight, bias = null] = node.inputs;
  const [y] = node.outputs;
  if (!x || !weight || !y) return undefined;
  const isTransposed = node.op === 'ConvTranspose';
  const plan = isTransposed ? planOf(node, y, x) : planOf(node, x, y);
  if (plan === undefined) {
    const places = placesOf(x);
    const point = isTransposed ? pointConvolutionTransposed : pointConvolution;
    const result = places && point(places, { weight, bias, attributes: node.attributes, y });
    return result && [toImages(result)];
  }
  const kernel = transformedKernel(weight, plan.filtering);
  const tiled = isTransposed
    ? {
        rows: transposed(plan.rows),
        columns: transposed(plan.columns),
        kernel: transpose(kernel, [0, 1, 2, 4, 3]),
        bias,
      }
    : { ...plan, kernel, bias };
  return [toImages(tiledConvolution(toPlaces(x), tiled))];
}

/** [N, C, H, W] ⇄ [H, W, N, C]: places first, channels last, in which convolutions are matrix products alone. */
const exchange: readonly number[] = [2, 3, 0, 1];

function toPlaces(images: Value): Value {
  return placesOf(images) ?? transpose(images, exchange);
}

function toImages(places: Value): Value {
  return transpose(places, exchange);
}

/** The [H, W, N, C] form that a value is the transpose of, if it is. */
function placesOf({ source }: Value): Value | undefined {
  if (source.kind !== 'node' || source.node.op !== 'Transpose') return undefined;
  const { perm } = (source.node as Node<'Transpose'>).attributes;
  return isExchange(perm) ? (source.node.inputs[0] ?? undefined) : undefined;
}

function isExchange(perm: readonly number[]): boolean {
  return perm.length === exchange.length && perm.every((axis, at) => axis === exchange[at]);
}

/** Two exchanges are none. */
function mergedTranspose({ attributes: { perm }, inputs: [x] }: Node<'Transpose'>): readonly Value[] | undefined {
  const places = x && isExchange(perm) ? placesOf(x) : undefined;
  return places === undefined ? undefined : [places];
}

/** An exchange as the move of one axis, for which onnxruntime has code that is three times as fast. */
function quickExchange({
  attributes: { perm },
  inputs: [x],
  outputs: [y],
}: Node<'Transpose'>): readonly Value[] | undefined {
  if (!x || !y || !isExchange(perm)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = x.shape;
  return [reshapeTo(transpose(reshapeTo(x, [a, b, multiplyDims(c, d)]), [2, 0, 1]), y.shape)];
}

/** Operators on single numbers: they mean the same in every layout. */
const elementwise: ReadonlySet<OpName> = new Set<OpName>([
  'Add',
  'Div',
  'HardSigmoid',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'Relu',
  'Sigmoid',
  'Sub',
  'Tanh',
]);

/**
 * Moves an operator on single numbers in front of the exchange that its larger inputs come from. Where only some of them
 * do, the others are exchanged if what comes after is likely to be in tiles too.
 */
function inPlaces({ op, inputs, attributes, outputs }: Node): readonly Value[] | undefined {
  const [y] = outputs;
  if (y === undefined || !inputs.some((value) => value !== null && placesOf(value) !== undefined)) return undefined;
  const exchanged = inputs.map((value) => (value === null ? null : placesLike(value, y)));
  if (exchanged.includes(undefined)) return undefined;
  return [toImages(apply(op, exchanged as never, attributes)[0])];
}

/** An operand of a result [N, C, H, W], as it broadcasts to [H, W, N, C]; undefined where that is not worth an exchange. */
function placesLike(value: Value, result: Value): Value | undefined {
  const places = placesOf(value);
  if (places !== undefined) return places;
  if (value.shape.every((dim) => dim === 1)) return reshape(value, []);
  const rank = value.shape.length;
  const channels = value.shape[rank - 3];
  const isPerChannel = value.shape.every((dim, at) => at === rank - 3 || dim === 1);
  if (rank >= 3 && channels === result.shape[1] && isPerChannel) return reshape(value, [Number(channels)]);
  return sameShape(value.shape, result.shape) && isTiledRegion(result.shape) ? transpose(value, exchange) : undefined;
}
