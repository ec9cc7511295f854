import {
  add,
  batchNormalization,
  type Graph,
  mul,
  type Node,
  reduceMean,
  reshape,
  rewrite,
  sub,
  type Value,
} from '@parallax/graph';

/**
 * Writes batch normalisation in training mode as its definition: the statistics, then normalisation by them. The
 * operator of onnxruntime writes the statistics over the memory of the running ones that it is given, also where a
 * later node or another normalisation reads them (docs/decisions), and exists in float32 only.
 */
export function batchStatistics(graph: Graph): Graph {
  return rewrite(graph, (node) => {
    if (!isTraining(node)) return undefined;
    const [x, scale, bias, runningMean, runningVariance] = node.inputs;
    if (!x || !scale || !bias || !runningMean || !runningVariance) return undefined;
    const { epsilon, momentum } = node.attributes;
    const axes = [...x.shape.keys()].filter((axis) => axis !== 1);
    const mean = reduceMean(x, axes, false);
    const centred = sub(x, reshape(mean, [1, -1, ...axes.slice(1).map(() => 1)]));
    const variance = reduceMean(mul(centred, centred), axes, false);
    const moved = (running: Value, now: Value): Value =>
      momentum === 0 ? now : add(mul(running, momentum), mul(now, 1 - momentum));
    return [
      batchNormalization(x, { scale, bias, mean, variance }, epsilon),
      moved(runningMean, mean),
      moved(runningVariance, variance),
    ];
  });
}

function isTraining(node: Node): node is Node<'BatchNormalization'> {
  return node.op === 'BatchNormalization' && (node as Node<'BatchNormalization'>).attributes.training_mode === 1;
}
