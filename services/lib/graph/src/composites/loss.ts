import {
  div,
  equal,
  gather,
  gatherElements,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  squeeze,
  unsqueeze,
  where,
} from '../build.ts';
import { GraphError } from '../errors.ts';
import { int, integerTypes, requireType, string } from '../operators/shared.ts';
import { scalarConstant, type Value } from '../value.ts';
import { type Application, type Composite, composite, requiredInputs } from './composite.ts';

interface Options {
  readonly ignore_index: number;
  readonly reduction: string;
}

/** Stands for "no class is ignored": no label has this number. */
const none = Number.MIN_SAFE_INTEGER;

const options = { ignore_index: int(none), reduction: string('mean') };

/**
 * -weight[label] · scores[label] for scores [N, C, ...] and labels [N, ...]; the mean is over the weights. Entries with
 * the ignored label count nothing.
 */
function likelihoodLoss(op: string, scores: Value, labels: Value, weight: Value | null, settings: Options): Value {
  requireType(op, 'labels', labels, integerTypes);
  const ignored = settings.ignore_index === none ? null : equal(labels, settings.ignore_index);
  const classes = ignored === null ? labels : where(ignored, 0, labels);
  const picked = squeeze(gatherElements(scores, unsqueeze(classes, [1]), 1), [1]);
  const given = weight === null ? null : gather(weight, classes);
  const weights = ignored === null ? given : where(ignored, 0, given ?? scalarConstant(1, scores.dtype));
  const losses = neg(weights === null ? picked : mul(picked, weights));
  switch (settings.reduction) {
    case 'none':
      return losses;
    case 'sum':
      return reduceSum(losses, undefined, false);
    case 'mean':
      if (weights === null) return reduceMean(losses, undefined, false);
      return div(reduceSum(losses, undefined, false), reduceSum(weights, undefined, false));
    default:
      throw new GraphError(op, `reduction: expected none, sum or mean, got ${settings.reduction}`);
  }
}

function weightOf({ inputs }: Application): Value | null {
  return inputs[2] ?? null;
}

export const losses: Readonly<Record<string, Composite>> = {
  NegativeLogLikelihoodLoss: composite(options, (application, settings) => {
    const op = 'NegativeLogLikelihoodLoss';
    const [scores, labels] = requiredInputs(op, application, ['input', 'target']);
    return [likelihoodLoss(op, scores, labels, weightOf(application), settings)];
  }),
  // The loss, and the logarithms of the probabilities.
  SoftmaxCrossEntropyLoss: composite(options, (application, settings) => {
    const op = 'SoftmaxCrossEntropyLoss';
    const [scores, labels] = requiredInputs(op, application, ['scores', 'labels']);
    const likelihoods = logSoftmax(scores, 1);
    return [likelihoodLoss(op, likelihoods, labels, weightOf(application), settings), likelihoods];
  }),
};
