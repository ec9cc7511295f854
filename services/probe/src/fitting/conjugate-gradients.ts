import {
  add,
  clip,
  createGraph,
  div,
  type Graph,
  greater,
  input,
  less,
  maximum,
  mul,
  neg,
  reduceMean,
  reduceSum,
  repeat,
  reshape,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import {
  crossEntropyGradient,
  dataInputs,
  type Heads,
  logitsOf,
  penalized,
  probabilities,
  targetsOf,
} from './softmax-loss.ts';

/** Keeps divisions by vanishing gradients and curvatures finite; far below any that matters in float32. */
const tiny = 1e-30;

/**
 * Some passes of nonlinear conjugate gradients (Polak & Ribière 1969, restarted when β < 0) on the penalised mean
 * cross-entropy of several heads at once. One pass reads the design matrix twice: once for the gradient, once for the
 * change of the logits along the direction; the line search then works on logits alone.
 *
 * Inputs: `design` [N, D], `labels` [N], `decay` [G], `passes` (int64), and the state `weights`, `direction`, `gradient`
 * [G, K, D] (zeros at the start). Outputs: the state after the passes, named `next…`.
 */
export function conjugateGradientsGraph(width: number, heads: Heads): Graph {
  const { design, labels } = dataInputs(width);
  const decay = input('decay', [heads.count]);
  const passes = input('passes', [], 'int64');
  const [weights, direction, gradient] = ['weights', 'direction', 'gradient'].map((name) =>
    input(name, [heads.count, heads.classes, width]),
  ) as [Value, Value, Value];
  const penalties = mul(penalized(width), perHead(decay));
  const problem: Problem = { design, heads, targets: targetsOf(labels, heads), penalties };
  const start = { weights, direction, gradient, logits: logitsOf(design, weights, heads) };
  const end = repeat(passes, start, (_, state) => pass(problem, state));
  return createGraph([design, labels, decay, passes, weights, direction, gradient], {
    nextWeights: end.weights,
    nextDirection: end.direction,
    nextGradient: end.gradient,
  });
}

interface Problem {
  readonly design: Value;
  readonly heads: Heads;
  readonly targets: Value;
  /** [G, 1, D]: the penalty of each weight; 0 for biases. */
  readonly penalties: Value;
}

type State = {
  readonly weights: Value;
  readonly direction: Value;
  readonly gradient: Value;
  readonly logits: Value;
};

/** [G] → [G, 1, 1], to multiply weights or logits with. */
function perHead(values: Value): Value {
  return reshape(values, [-1, 1, 1]);
}

/** The inner product of the weights of each head, [G]. */
function dot(a: Value, b: Value): Value {
  return reduceSum(mul(a, b), [1, 2], false);
}

function pass(problem: Problem, state: State): State {
  const { design, heads, targets, penalties } = problem;
  const softmax = probabilities(state.logits);
  const shrinkage = mul(state.weights, penalties);
  const gradient = add(crossEntropyGradient(design, softmax, targets, heads), shrinkage);
  const square = dot(state.gradient, state.gradient);
  const beta = div(dot(gradient, sub(gradient, state.gradient)), maximum(square, tiny));
  const kept = where(greater(square, 0), maximum(beta, 0), 0);
  const conjugate = sub(mul(state.direction, perHead(kept)), gradient);
  // Where rounding has turned the conjugate direction uphill, the search starts anew from the gradient.
  const direction = where(perHead(less(dot(conjugate, gradient), 0)), conjugate, neg(gradient));
  const change = logitsOf(design, direction, heads);
  const step = lineMinimum(softmax, targets, state.logits, change, {
    slope: dot(shrinkage, direction),
    curvature: dot(mul(direction, penalties), direction),
  });
  return {
    weights: add(state.weights, mul(direction, perHead(step))),
    direction,
    gradient,
    logits: add(state.logits, mul(change, perHead(step))),
  };
}

/** The chord is not trusted further out than this many Newton steps. */
const farthest = 4;

/**
 * How far to go along a direction, [G]: near the minimum of a convex function of one number, whose derivative is computed
 * from the logits and their softmax. `penalty` has the derivatives of the penalty at 0.
 *
 * First Newton's step, then the point where the chord between the derivatives at 0 and there meets zero, but never less
 * than the step that Böhning's bound on the curvature (1992) shows to be short of the minimum.
 */
function lineMinimum(
  softmax: Value,
  targets: Value,
  logits: Value,
  change: Value,
  penalty: { readonly slope: Value; readonly curvature: Value },
): Value {
  const mean = (perClass: Value) => reduceMean(reduceSum(perClass, [1]), [1, 2], false);
  const square = mul(change, change);
  const slope = add(mean(mul(sub(softmax, targets), change)), penalty.slope);
  const drift = reduceSum(mul(softmax, change), [1]);
  const bend = sub(mean(mul(softmax, square)), reduceMean(mul(drift, drift), [1, 2], false));
  const newton = div(neg(slope), maximum(add(bend, penalty.curvature), tiny));
  const there = probabilities(add(logits, mul(change, perHead(newton))));
  const rise = add(mean(mul(sub(there, softmax), change)), mul(penalty.curvature, newton));
  const chord = mul(newton, clip(div(neg(slope), maximum(rise, tiny)), 0, farthest));
  const certain = div(neg(slope), maximum(add(mul(mean(square), 0.5), penalty.curvature), tiny));
  return where(less(slope, 0), maximum(chord, certain), 0);
}
