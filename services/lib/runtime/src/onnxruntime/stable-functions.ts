import {
  apply,
  type Graph,
  type Node,
  type OpName,
  pad,
  rewrite,
  shapeSize,
  slice,
  squeeze,
  unsqueeze,
  type Value,
} from '@parallax/graph';

/** Numbers that onnxruntime's generic functions take at a time. */
const packet = 4;

/** Functions whose vectorised form rounds unlike the form that computes what is left at the end of a tensor. */
const vectorised: ReadonlySet<OpName> = new Set<OpName>([
  'Acos',
  'Asin',
  'Atan',
  'Celu',
  'Cos',
  'Elu',
  'Log',
  'Mish',
  'Selu',
  'Sin',
  'Softplus',
]);

/**
 * Makes some functions of single numbers independent of where in a batch the number stands. onnxruntime computes them
 * four at a time and what is left at the end by another formula, whose last bit may differ. Rows padded to whole
 * packets leave nothing over.
 */
export function stableFunctions(graph: Graph): Graph {
  return rewrite(graph, (node) => {
    const {
      op,
      inputs: [x],
    } = node;
    if (!x || !vectorised.has(op) || x.dtype !== 'float32' || hasWholePackets(x)) return undefined;
    const last = x.shape.at(-1);
    if (typeof last === 'number') return [inWholePackets(node, x, last)];
    return [squeeze(inWholePackets(node, unsqueeze(x, [-1]), 1), [-1])];
  });
}

/** Whether every sample (a row of axis 0) takes whole packets, so that none is cut by the end of the batch. */
function hasWholePackets(x: Value): boolean {
  const size = shapeSize(x.shape.slice(1));
  return x.shape.length > 1 && typeof size === 'number' && size % packet === 0;
}

function inWholePackets({ op, attributes }: Node, x: Value, length: number): Value {
  const missing = (packet - (length % packet)) % packet;
  const none = x.shape.map(() => 0);
  const padded = pad(x, [...none, ...none.slice(1), missing], 1);
  return slice(apply(op, [padded] as never, attributes)[0], [{ axis: -1, start: 0, end: length }]);
}
