import {
  add,
  createGraph,
  differentiate,
  div,
  type Graph,
  gather,
  input,
  minimum,
  mul,
  reduceL2,
  reduceSum,
  repeat,
  scalarConstant,
  type Value,
} from '@parallax/graph';
import { sgd } from '@parallax/paradigms';
import { dataInputs, logitsOf, meanCrossEntropy, penalized, targetsOf } from './softmax-loss.ts';

/** What stays the same over all steps of stochastic gradient descent. */
export interface SgdSettings {
  readonly momentum: number;
  readonly weightDecay: number;
  /** Largest norm of the gradient of the cross-entropy; a longer one is scaled down to it. */
  readonly gradientClip: number;
}

/** Keeps the ratio to a vanishing norm finite. */
const tiny = 1e-6;

/**
 * One epoch of stochastic gradient descent on the mean cross-entropy of a linear head. Inputs: `design` [N, D],
 * `labels` [N], `order` [steps, batch] (rows of each step), `rates` [steps], `weights` and `velocity` [1, K, D]. Outputs:
 * `nextWeights`, `nextVelocity`.
 */
export function sgdGraph(width: number, classes: number, steps: number, batch: number, settings: SgdSettings): Graph {
  const { design, labels } = dataInputs(width);
  const order = input('order', [steps, batch], 'int64');
  const rates = input('rates', [steps]);
  const weights = input('weights', [1, classes, width]);
  const velocity = input('velocity', [1, classes, width]);
  const heads = { count: 1, classes };
  const optimizer = sgd(settings);
  const decayed = penalized(width);
  const end = repeat(scalarConstant(steps, 'int64'), { weights, velocity }, (step, state) => {
    const rows = gather(order, step);
    const targets = targetsOf(gather(labels, rows), heads);
    const loss = reduceSum(meanCrossEntropy(logitsOf(gather(design, rows), state.weights, heads), targets));
    const [gradient] = differentiate(loss, [state.weights]) as [Value];
    const shrink = minimum(div(settings.gradientClip, add(reduceL2(gradient, undefined, false), tiny)), 1);
    const context = { learningRate: gather(rates, step), step: scalarConstant(1), decayed };
    const next = optimizer.update(state.weights, mul(gradient, shrink), [state.velocity], context);
    const [nextVelocity = state.velocity] = next.state;
    return { weights: next.parameters, velocity: nextVelocity };
  });
  return createGraph([design, labels, order, rates, weights, velocity], {
    nextWeights: end.weights,
    nextVelocity: end.velocity,
  });
}
