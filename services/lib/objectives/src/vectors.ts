import { add, div, mul, reduceMean, reduceSum, reshape, sqrt, type Value } from '@parallax/graph';

/** Added below square roots, so that their gradient at zero is zero and not NaN. */
const tiny = 1e-12;

/** ‖v‖₂ of each row: [N,D] → [N,1]. */
export function lengths(vectors: Value): Value {
  return sqrt(add(reduceSum(mul(vectors, vectors), [1]), tiny));
}

/** Rows of length 1: [N,D] → [N,D]. */
export function normalized(vectors: Value): Value {
  return div(vectors, lengths(vectors));
}

/** Scalar product of rows: two [N,D] → [N]. */
export function rowProducts(a: Value, b: Value): Value {
  return reduceSum(mul(a, b), [1], false);
}

/** Mean over everything but the leading axis: [N, …] → [N]. */
export function meanPerSample(x: Value): Value {
  const rest = x.shape.slice(1).map((_, axis) => axis + 1);
  return rest.length === 0 ? x : reshape(reduceMean(x, rest), [-1]);
}
