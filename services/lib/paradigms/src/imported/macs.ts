import { constantTensor, type Dim, type Node, type Shape, topologicalOrder, type Value } from '@parallax/graph';

/** Multiply-accumulate operations for one image, of convolutions and matrix products: all else is small beside them. */
export function countMacs(results: readonly Value[]): number {
  return topologicalOrder(results).reduce((sum, node) => sum + macsOf(node), 0);
}

/** Numbers in the weights that results are computed from: vectors and larger, of floating-point numbers. */
export function countParameters(results: readonly Value[]): number {
  const weights = new Set(topologicalOrder(results).flatMap(({ inputs }) => inputs));
  let count = 0;
  for (const value of weights) {
    const tensor = constantTensor(value);
    if (tensor?.dtype === 'float32' && tensor.dims.length > 0) count += tensor.data.length;
  }
  return count;
}

function macsOf({ op, inputs, outputs, attributes }: Node): number {
  const [a, b] = inputs;
  const [y] = outputs;
  if (!a || !b || !y) return 0;
  switch (op) {
    case 'Conv':
      return sizeOf(y.shape) * sizeOf(b.shape.slice(1));
    case 'ConvTranspose':
      return sizeOf(a.shape) * sizeOf(b.shape.slice(1));
    case 'MatMul':
      return sizeOf(y.shape) * lengthOf(a.shape.at(-1));
    case 'Gemm':
      return (
        sizeOf(y.shape) * lengthOf((attributes as { readonly transA: number }).transA === 1 ? a.shape[0] : a.shape[1])
      );
    default:
      return 0;
  }
}

function sizeOf(shape: Shape): number {
  return shape.reduce<number>((size, dim) => size * lengthOf(dim), 1);
}

/** A length when the batch is one image: `6*N` is 6. */
function lengthOf(dim: Dim | undefined): number {
  if (typeof dim === 'number') return dim;
  const factor = Number(dim?.split('*')[0]);
  return Number.isInteger(factor) ? factor : 1;
}
