import {
  add,
  channelSums,
  div,
  type Graph,
  mul,
  type Node,
  pow,
  reduceMean,
  reshape,
  rewrite,
  shapeSize,
  sqrt,
  sub,
  type Value,
} from '@parallax/graph';

/** Numbers that onnxruntime adds at a time. */
const packet = 4;

/**
 * Writes normalisations as their definitions where onnxruntime's result depends on where in a batch a sample stands:
 * - that of instances where the pixels of a channel do not fill packets, which are added aligned in memory;
 * - that of local responses always: its powers are taken in pieces that end anywhere.
 *
 * In float64, where there are no kernels, both are written out too.
 */
export function stableNormalizations(graph: Graph): Graph {
  return rewrite(graph, (node) => {
    if (isNode(node, 'InstanceNormalization')) return normalizedInstance(node);
    if (isNode(node, 'LRN')) return normalizedResponse(node);
    return undefined;
  });
}

function isNode<O extends Node['op']>(node: Node, op: O): node is Node<O> {
  return node.op === op;
}

/** scale · (x - mean) / √(variance + ε) + bias, with statistics over the pixels of a channel. */
function normalizedInstance({ inputs, attributes }: Node<'InstanceNormalization'>): readonly Value[] | undefined {
  const [x, scale, bias] = inputs;
  if (!x || !scale || !bias || (x.dtype === 'float32' && hasWholePackets(x))) return undefined;
  const spatial = [...x.shape.keys()].slice(2);
  const perChannel = (vector: Value): Value => reshape(vector, [1, -1, ...spatial.map(() => 1)]);
  const centred = sub(x, reduceMean(x, spatial));
  const deviation = sqrt(add(reduceMean(mul(centred, centred), spatial), attributes.epsilon));
  return [add(mul(div(centred, deviation), perChannel(scale)), perChannel(bias))];
}

/** x / (bias + α/size · Σ x² over neighbouring channels)^β */
function normalizedResponse({ inputs: [x], attributes }: Node<'LRN'>): readonly Value[] | undefined {
  if (!x) return undefined;
  const { alpha, beta, bias, size } = attributes;
  const response = add(mul(channelSums(mul(x, x), size), alpha / size), bias);
  return [mul(x, pow(response, -beta))];
}

function hasWholePackets({ shape }: Value): boolean {
  const size = shapeSize(shape.slice(2));
  return typeof size === 'number' && size % packet === 0;
}
