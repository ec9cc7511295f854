import { type Graph, type Node, topologicalOrder } from '@parallax/graph';

/** Multiplications of a graph as it is written, for one sample: of its convolutions and matrix products, which are nearly all. */
export function multiplicationsOf({ outputs }: Graph): number {
  const nodes = topologicalOrder(outputs.map(({ value }) => value));
  return nodes.reduce((sum, node) => sum + nodeMultiplications(node), 0);
}

/** Symbolic lengths (the batch) count as 1. */
function size(shape: readonly (number | string)[]): number {
  return shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : factorOf(dim)), 1);
}

function factorOf(symbol: string): number {
  const factor = Number(symbol.split('*')[0]);
  return Number.isInteger(factor) ? factor : 1;
}

function nodeMultiplications({ op, inputs: [x, weight], outputs: [y] }: Node): number {
  if (!x || !weight || !y) return 0;
  if (op === 'Conv') return size(y.shape) * size(weight.shape.slice(1));
  if (op === 'ConvTranspose') return size(x.shape) * size(weight.shape.slice(1));
  return op === 'MatMul' || op === 'Gemm' ? size(y.shape) * size(x.shape.slice(-1)) : 0;
}
