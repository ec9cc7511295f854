import { add, conv, div, mul, reshape, sqrt, sub } from './build.ts';
import type { Graph } from './graph.ts';
import { rewrite } from './rewrite.ts';
import { constantTensor, type Node, type Value } from './value.ts';

/**
 * The same graph with batch normalisation in inference form folded into the convolution before it: one convolution by
 * other weights, whose gradient is one convolution too.
 */
export function foldBatchNormalization(graph: Graph): Graph {
  return rewrite(graph, (node) =>
    node.op === 'BatchNormalization' ? folded(node as Node<'BatchNormalization'>) : undefined,
  );
}

function folded({ inputs, attributes }: Node<'BatchNormalization'>): readonly Value[] | undefined {
  const [x, scale, shift, mean, variance] = inputs;
  if (!x || !scale || !shift || !mean || !variance || attributes.training_mode !== 0) return undefined;
  const statistics = [scale, shift, mean, variance];
  if (x.source.kind !== 'node' || x.source.node.op !== 'Conv' || !statistics.every(isConstant)) return undefined;
  const convolution = x.source.node as Node<'Conv'>;
  const [images, weight, bias] = convolution.inputs;
  if (!images || !weight || !isConstant(weight) || (bias && !isConstant(bias))) return undefined;
  const gain = div(scale, sqrt(add(variance, attributes.epsilon)));
  const perOutput = reshape(gain, [-1, ...weight.shape.slice(1).map(() => 1)]);
  const centred = bias ? sub(bias, mean) : sub(0, mean);
  const { kernel_shape: _, ...window } = convolution.attributes;
  return [conv(images, mul(weight, perOutput), add(shift, mul(centred, gain)), window)];
}

function isConstant(value: Value): boolean {
  return constantTensor(value) !== undefined;
}
