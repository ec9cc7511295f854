import {
  add,
  concat,
  createGraph,
  div,
  type Graph,
  greater,
  input,
  maximum,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  sqrt,
  sub,
  transpose,
  type Value,
  where,
} from '@parallax/graph';

/** Deviations below this, in units of the features, count as none: the feature says nothing and gets weight 0. */
const leastDeviation = 1e-6;

/** Input `features` [N, F]; outputs `mean` and `scale` [1, F], the reciprocal deviation or 0. */
export function statisticsGraph(featureCount: number): Graph {
  const features = input('features', ['N', featureCount]);
  const mean = reduceMean(features, [0]);
  const centred = sub(features, mean);
  const deviation = sqrt(reduceMean(mul(centred, centred), [0]));
  const scale = where(greater(deviation, leastDeviation), div(1, maximum(deviation, leastDeviation)), 0);
  return createGraph([features], { mean, scale });
}

/**
 * The design matrix of a linear head: standardised features and a column of ones, whose weights are the biases. Inputs
 * `features` [N, F], `mean` and `scale` [1, F]; output `design` [N, F + 1].
 */
export function designGraph(featureCount: number): Graph {
  const features = input('features', ['N', featureCount]);
  const mean = input('mean', [1, featureCount]);
  const scale = input('scale', [1, featureCount]);
  const design = concat([mul(sub(features, mean), scale), onesBeside(features)], 1);
  return createGraph([features, mean, scale], { design });
}

/**
 * The head on the features as they come, from weights on the design matrix: the scale is multiplied into the weights, and
 * the bias undoes the mean. Inputs `weights` [1, K, F + 1], `mean` and `scale` [1, F]; outputs `weight` [F, K], `bias` [1, K].
 */
export function foldGraph(featureCount: number, classes: number): Graph {
  const weights = input('weights', [1, classes, featureCount + 1]);
  const mean = input('mean', [1, featureCount]);
  const scale = input('scale', [1, featureCount]);
  const rows = reshape(weights, [classes, featureCount + 1]);
  const slopes = mul(slice(rows, [{ axis: 1, start: 0, end: featureCount }]), scale);
  const offset = slice(rows, [{ axis: 1, start: featureCount, end: featureCount + 1 }]);
  const bias = sub(offset, reduceSum(mul(slopes, mean), [1]));
  return createGraph([weights, mean, scale], {
    weight: transpose(slopes, [1, 0]),
    bias: transpose(bias, [1, 0]),
  });
}

/** [N, F] → [N, 1], all ones. */
function onesBeside(features: Value): Value {
  return add(mul(slice(features, [{ axis: 1, start: 0, end: 1 }]), 0), 1);
}
