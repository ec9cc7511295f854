import {
  constant,
  constantTensor,
  div,
  type Graph,
  matMul,
  mul,
  type Node,
  reshape,
  rewrite,
  sqrt,
  type Value,
} from '@parallax/graph';
import { toNumbers } from '@parallax/tensor';

/** onnxruntime adds a row in packets of this many numbers, which begin at multiples of it in memory. */
const packet = 4;

/**
 * Makes sums over rows independent of where in a batch the row stands. onnxruntime adds the numbers of a row in packets
 * aligned in memory; when the length of a row is no multiple of a packet, rows begin at different places within one, their
 * sums are rounded differently, and the same sample would get another gradient in another batch. Products with a column
 * of ones add every row in one order.
 */
export function stableSums(graph: Graph): Graph {
  return rewrite(graph, (node) => {
    const [x, axes] = node.inputs;
    const combine = combinations[node.op];
    if (combine === undefined || !x || x.dtype !== 'float32') return undefined;
    const length = rowLength(x, axes ?? null);
    const shape = node.outputs[0]?.shape ?? [];
    if (length === undefined || length % packet === 0 || length === 1) return undefined;
    if (shape.filter((dim) => typeof dim !== 'number').length > 1) return undefined;
    const ones = constant({ dtype: 'float32', dims: [length, 1], data: new Float32Array(length).fill(1) });
    const sums = combine(reshape(x, [-1, length]), (rows) => matMul(rows, ones), length);
    return [
      reshape(
        sums,
        shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
      ),
    ];
  });
}

/** What each reduction makes of rows [R,L] and a way to add them up. */
const combinations: {
  readonly [op in Node['op']]?: (rows: Value, sum: (rows: Value) => Value, length: number) => Value;
} = {
  ReduceSum: (rows, sum) => sum(rows),
  ReduceMean: (rows, sum, length) => div(sum(rows), length),
  ReduceL2: (rows, sum) => sqrt(sum(mul(rows, rows))),
};

/** Elements added into one, when exactly the last axes are reduced, their lengths are known, and others are left. */
function rowLength(x: Value, axes: Value | null): number | undefined {
  const tensor = constantTensor(axes);
  if (tensor === undefined) return undefined;
  const rank = x.shape.length;
  const reduced = new Set(toNumbers(tensor).map((axis) => (axis < 0 ? axis + rank : axis)));
  const first = rank - reduced.size;
  if (reduced.size === 0 || first === 0 || [...reduced].some((axis) => axis < first)) return undefined;
  return x.shape
    .slice(first)
    .reduce<number | undefined>(
      (product, dim) => (product === undefined || typeof dim !== 'number' ? undefined : product * dim),
      1,
    );
}
