import {
  constant,
  constantTensor,
  type Dim,
  div,
  type Graph,
  matMul,
  mul,
  multiplyDims,
  type Node,
  reduceSum,
  reshapeTo,
  rewrite,
  type Shape,
  shapeSize,
  sqrt,
  type Value,
} from '@parallax/graph';
import { float32, toNumbers } from '@parallax/tensor';
import { MovedTranspositions } from './moved-transpositions.ts';

/** Numbers of a row that onnxruntime adds at a time. */
const packet = 4;

/**
 * Makes sums independent of the batch that a sample is in. onnxruntime adds
 * - the numbers of a row in packets aligned in memory: where the length of a row is no multiple of a packet, rows begin at
 *   different places within one, and their sums are rounded differently;
 * - the rows of a sample in one order when it is the only sample, and in another when it is not.
 * Products with ones add in one order always. What is added rightly as it stands stays, but if a transposition may be
 * moved to after it: it would be another sum then. A reshape holds the transposition where it is.
 */
export function stableSums(graph: Graph): Graph {
  const transpositions = new MovedTranspositions();
  return rewrite(graph, (node) => {
    transpositions.follow(node);
    const {
      op,
      inputs: [x, axes],
      outputs: [y],
    } = node;
    const combine = combinations[op];
    if (combine === undefined || !x || !y || x.dtype !== 'float32' || !isInferable(y.shape)) return undefined;
    const block = reducedBlock(x.shape, axes ?? null);
    if (block === undefined || block.length <= 1) return undefined;
    const sum = stableSum(block, transpositions.reach(x));
    return sum === undefined ? undefined : [reshapeTo(combine(x, sum, block.length), y.shape)];
  });
}

type Sum = (x: Value) => Value;

/** What each reduction makes of a way to add. */
const combinations: { readonly [op in Node['op']]?: (x: Value, sum: Sum, length: number) => Value } = {
  ReduceSum: (x, sum) => sum(x),
  ReduceMean: (x, sum, length) => div(sum(x), length),
  ReduceL2: (x, sum) => sqrt(sum(mul(x, x))),
};

/** A reduction of neighbouring axes, as one of [samples, kept, length, after] over `length`. */
interface Block {
  readonly samples: Dim;
  readonly kept: Dim;
  readonly length: number;
  readonly after: Dim;
}

function reducedBlock(shape: Shape, axes: Value | null): Block | undefined {
  const tensor = constantTensor(axes);
  if (tensor === undefined) return undefined;
  const reduced = toNumbers(tensor).map((axis) => (axis < 0 ? axis + shape.length : axis));
  const first = Math.min(...reduced);
  const end = first + reduced.length;
  const length = shapeSize(shape.slice(first, end));
  if (first === 0 || Math.max(...reduced) !== end - 1 || typeof length !== 'number') return undefined;
  const [samples = 1] = shape;
  return { samples, kept: shapeSize(shape.slice(1, first)), length, after: shapeSize(shape.slice(end)) };
}

function isUnstableRow({ length, after }: Block): boolean {
  return after === 1 && length % packet !== 0;
}

function isUnstableColumn({ kept, after }: Block): boolean {
  return kept === 1 && typeof after === 'number' && after !== 1;
}

function stableSum(block: Block, isMoved: boolean): Sum | undefined {
  if (isUnstableRow(block)) return sumOfRow(block);
  if (isUnstableColumn(block)) return sumOfRows(block);
  return isMoved ? sumInPlace(block) : undefined;
}

/** [samples · kept, length, after] over the middle: axes that are joined cannot be transposed any more. */
function sumInPlace({ samples, kept, length, after }: Block): Sum {
  const rest = after === 1 ? [] : [after];
  return (x) => reduceSum(reshapeTo(x, [multiplyDims(samples, kept), length, ...rest]), [1], false);
}

/** [samples · kept, length] · ones [length, 1] */
function sumOfRow({ samples, kept, length }: Block): Sum {
  const ones = constant(float32([length, 1], new Float32Array(length).fill(1)));
  return (x) => matMul(reshapeTo(x, [multiplyDims(samples, kept), length]), ones);
}

/** ones [1, length] · [samples, length, after] */
function sumOfRows({ samples, length, after }: Block): Sum {
  const ones = constant(float32([1, length], new Float32Array(length).fill(1)));
  return (x) => matMul(ones, reshapeTo(x, [samples, length, after]));
}

/** Whether at most one length must be found at run time, and can be. */
function isInferable(shape: Shape): boolean {
  const symbols = shape.filter((dim) => typeof dim !== 'number').length;
  return symbols === 0 || (symbols === 1 && !shape.includes(0));
}
