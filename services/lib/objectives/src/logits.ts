import { PreconditionError } from '@parallax/config';
import {
  equal,
  fixedDim,
  gatherElements,
  reshape,
  slice,
  squeeze,
  topK,
  unsqueeze,
  type Value,
  where,
} from '@parallax/graph';
import type { ObjectiveContext } from './objective.ts';
import { requirePart } from './require.ts';

/** Images → logits [N,K]. @throws PreconditionError without a head, or with one of a single class. */
export function logitsOf(images: Value, { encoder, draw }: ObjectiveContext, objective: string): Value {
  const classify = requirePart(encoder, 'classify', objective);
  const logits = classify(encoder.encode(images, draw));
  const classes = fixedDim(logits.shape, 1);
  if (classes < 2) {
    throw new PreconditionError(`${objective}: expected a head of at least 2 classes, got ${classes}`, {
      reason: 'TOO_FEW_CLASSES',
      facts: { classes: String(classes), needed: '2' },
    });
  }
  return logits;
}

/** One entry of each row: [N,K] and int64 [N] → [N]. */
export function pick(rows: Value, indices: Value): Value {
  return squeeze(gatherElements(rows, unsqueeze(indices, [1]), 1), [1]);
}

/** The k-th largest entry of each row, k from 1 on, out of a falling order [N,≥k] → [N]. */
export function ranked(falling: Value, k: number): Value {
  return reshape(slice(falling, [{ axis: 1, start: k - 1, end: k }]), [-1]);
}

/** max_{j≠i} z_j of logits [N,K] for classes i int64 [N] → [N]. Of equal logits the first counts. */
export function largestOther(logits: Value, classes: Value): Value {
  const { values, indices } = topK(logits, 2, 1);
  return where(equal(ranked(indices, 1), classes), ranked(values, 2), ranked(values, 1));
}
