import { fixedDim, matMul, oneHot, reduceSum, reshape, sub, topK, transpose, type Value } from '@parallax/graph';

/** Which patches of each image the encoder sees. */
export interface Mask {
  /** [N, visible, tokens]: row i is 1 at the token that stands in place i, 0 elsewhere. */
  readonly selection: Value;
  /** [N, tokens, 1]: 1 where the patch is hidden, 0 where it is seen. */
  readonly hidden: Value;
}

/** Keeps the ⌊tokens · (1 - ratio)⌋ patches with the largest of the random scores [N, tokens] (protocol §2.6). */
export function maskByScores(scores: Value, ratio: number): Mask {
  const tokens = fixedDim(scores.shape, 1);
  const visible = Math.floor(tokens * (1 - ratio));
  const selection = oneHot(topK(scores, visible).indices, tokens);
  return { selection, hidden: reshape(sub(1, reduceSum(selection, [1])), [-1, tokens, 1]) };
}

/** The tokens that are seen: [N, tokens, D] or [tokens, D] → [N, visible, D]. */
export function select({ selection }: Mask, tokens: Value): Value {
  return matMul(selection, tokens);
}

/** Puts seen tokens back in their places, [N, visible, D] → [N, tokens, D], with 0 in those of hidden ones. */
export function restore({ selection }: Mask, seen: Value): Value {
  return matMul(transpose(selection, [0, 2, 1]), seen);
}
