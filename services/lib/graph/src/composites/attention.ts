import {
  add,
  and,
  cast,
  concat,
  div,
  equal,
  expand,
  gather,
  greaterOrEqual,
  less,
  lessOrEqual,
  matMul,
  mul,
  pad,
  reduceMax,
  reshape,
  reshapeTo,
  slice,
  softmax,
  sub,
  tanh,
  transpose,
  unsqueeze,
  where,
} from '../build.ts';
import { divideDims, formatShape, multiplyDims } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { dataTypeOf } from '../onnx/data-types.ts';
import { fixed, float, int, notGiven, requireRank } from '../operators/shared.ts';
import { integers, type Value } from '../value.ts';
import { type Composite, composite, requiredInputs } from './composite.ts';

interface Attention {
  readonly is_causal: number;
  readonly kv_num_heads: number;
  readonly left_window_size: number;
  readonly q_num_heads: number;
  readonly qk_matmul_output_mode: number;
  readonly right_window_size: number;
  readonly scale: number;
  readonly softcap: number;
  readonly softmax_precision: number;
}

/** [N, T, heads·D] → [N, heads, T, D] */
function splitHeads(op: string, x: Value, heads: number): Value {
  requireRank(op, 'input', x, 3);
  const [batch = 1, tokens = 1, width = 1] = x.shape;
  const depth = heads < 1 ? undefined : divideDims(width, heads);
  if (depth === undefined) {
    throw new GraphError(op, `number of heads: expected a divisor of ${width}, got ${heads}`);
  }
  return transpose(reshapeTo(x, [batch, tokens, heads, depth]), [0, 2, 1, 3]);
}

/** [N, heads, T, D] → [N, T, heads·D] */
function mergeHeads(x: Value): Value {
  const [batch = 1, heads = 1, tokens = 1, depth = 1] = x.shape;
  return reshapeTo(transpose(x, [0, 2, 1, 3]), [batch, tokens, multiplyDims(heads, depth)]);
}

/** Every head `times` times in a row: [N, heads, T, D] → [N, heads·times, T, D]. */
function repeatHeads(x: Value, times: number): Value {
  if (times === 1) return x;
  const [batch = 1, heads = 1, tokens = 1, depth = 1] = x.shape;
  const repeated = expand(reshapeTo(x, [batch, heads, 1, tokens, depth]), [1, 1, times, 1, 1]);
  return reshapeTo(repeated, [batch, multiplyDims(heads, times), tokens, depth]);
}

/** Position of each query less that of each key, [..., queries, keys]; `offset` keys stand before the first query. */
function distances(queries: number, keys: number, offset: number | Value): Value {
  const first = typeof offset === 'number' ? offset : 0;
  const flat = Array.from({ length: queries * keys }, (_, at) => first + Math.floor(at / keys) - (at % keys));
  const within = reshape(integers(flat), [queries, keys]);
  return typeof offset === 'number' ? within : add(within, reshape(offset, [-1, 1, 1, 1]));
}

interface Masking {
  readonly scores: Value;
  readonly mask: Value | null;
  /** How many keys stand before the first query. */
  readonly past: number;
  /** Keys that are no padding, for each sample. */
  readonly keysOfSample: Value | null;
  readonly attributes: Attention;
}

/** Which keys a query may see by their places, as truth values; null: all. */
function visible({ scores, past, keysOfSample, attributes }: Masking): Value | null {
  const { is_causal, left_window_size: left, right_window_size: right } = attributes;
  const conditions: Value[] = [];
  if (keysOfSample !== null) {
    const keys = fixed('Attention', 'keys', scores.shape[3]);
    conditions.push(less(integers([...Array(keys).keys()]), reshape(keysOfSample, [-1, 1, 1, 1])));
  }
  if (is_causal === 1 || left >= 0 || right >= 0) {
    const [queries = 1, keys = 1] = scores.shape.slice(2).map((dim) => fixed('Attention', 'tokens', dim));
    const distance = distances(queries, keys, keysOfSample === null ? past : sub(keysOfSample, queries));
    if (is_causal === 1) conditions.push(greaterOrEqual(distance, 0));
    if (left >= 0) conditions.push(lessOrEqual(distance, left));
    if (right >= 0) conditions.push(greaterOrEqual(distance, -right));
  }
  return conditions.length === 0 ? null : conditions.reduce(and);
}

/** What is added to the scores: the mask, and -∞ where a query must not look; null: nothing. */
function biasOf(masking: Masking): Value | null {
  const { scores, mask } = masking;
  const penalty = (allowed: Value): Value => {
    const open = mul(cast(allowed, scores.dtype), 0);
    return where(allowed, open, Number.NEGATIVE_INFINITY);
  };
  const places = visible(masking);
  const byPlace = places === null ? null : penalty(places);
  if (mask === null) return byPlace;
  const given = mask.dtype === 'bool' ? penalty(mask) : mask;
  const keys = scores.shape[3];
  const masked = given.shape.at(-1);
  const missing = typeof keys === 'number' && typeof masked === 'number' && masked > 1 ? keys - masked : 0;
  const none = given.shape.map(() => 0);
  const whole = missing > 0 ? pad(given, [...none, ...none.with(-1, missing)], Number.NEGATIVE_INFINITY) : given;
  return byPlace === null ? whole : add(whole, byPlace);
}

/** Softmax of scores; a query that may see no key at all gets zeros. */
function weightsOf(scores: Value, bias: Value | null): Value {
  if (bias === null) return softmax(scores);
  const blind = equal(reduceMax(bias, [-1]), Number.NEGATIVE_INFINITY);
  return where(blind, 0, softmax(add(scores, where(blind, 0, bias))));
}

/** softmax(cap(q·kᵀ·scale) + bias) · v over heads, with keys and values of earlier tokens before the new ones. */
function attention(inputs: readonly (Value | null | undefined)[], attributes: Attention): readonly Value[] {
  const [q, k, v] = requiredInputs('Attention', { inputs, outputs: 1 }, ['q', 'k', 'v']);
  const [, , , mask = null, pastKey = null, pastValue = null, keysOfSample = null] = inputs;
  const { q_num_heads, kv_num_heads, softcap, qk_matmul_output_mode: shown } = attributes;
  const flat = q.shape.length === 3;
  const heads = (x: Value, count: number): Value => (flat ? splitHeads('Attention', x, count) : x);
  const queries = heads(q, q_num_heads);
  const [keys, values] = [heads(k, kv_num_heads), heads(v, kv_num_heads)];
  const presentKey = pastKey === null ? keys : concat([pastKey, keys], 2);
  const presentValue = pastValue === null ? values : concat([pastValue, values], 2);
  const times = divideDims(queries.shape[1] ?? 1, keys.shape[1] ?? 1);
  if (typeof times !== 'number') {
    throw new GraphError(
      'Attention',
      `expected a multiple of the ${keys.shape[1]} heads of the keys, got ${formatShape(queries.shape)}`,
    );
  }
  const depth = fixed('Attention', 'head size', queries.shape[3]);
  const scale = Number.isNaN(attributes.scale) ? 1 / Math.sqrt(depth) : attributes.scale;
  const products = matMul(mul(queries, scale), transpose(repeatHeads(presentKey, times), [0, 1, 3, 2]));
  const scores = softcap > 0 ? mul(tanh(div(products, softcap)), softcap) : products;
  const past = pastKey === null ? 0 : fixed('Attention', 'past keys', pastKey.shape[2]);
  const bias = biasOf({ scores, mask: mask ?? null, past, keysOfSample: keysOfSample ?? null, attributes });
  const precision = dataTypeOf(attributes.softmax_precision) ?? scores.dtype;
  const weights = cast(weightsOf(cast(scores, precision), bias === null ? null : cast(bias, precision)), scores.dtype);
  const mixed = matMul(weights, repeatHeads(presentValue, times));
  const stages = [products, scores, bias === null ? scores : add(scores, bias), weights];
  return [flat ? mergeHeads(mixed) : mixed, presentKey, presentValue, stages[shown] ?? products];
}

interface Rotary {
  readonly interleaved: number;
  readonly num_heads: number;
  readonly rotary_embedding_dim: number;
}

/** Turns pairs of features by the angle of their token: (a, b) → (a·cos - b·sin, a·sin + b·cos). */
function rotaryEmbedding(inputs: readonly (Value | null | undefined)[], attributes: Rotary): Value {
  const [x, cosines, sines] = requiredInputs('RotaryEmbedding', { inputs, outputs: 1 }, ['x', 'cos', 'sin']);
  const { interleaved, num_heads, rotary_embedding_dim } = attributes;
  const positions = inputs[3];
  const flat = x.shape.length === 3;
  const heads = flat ? splitHeads('RotaryEmbedding', x, num_heads) : x;
  const size = fixed('RotaryEmbedding', 'head size', heads.shape[3]);
  const turned = rotary_embedding_dim === 0 ? size : rotary_embedding_dim;
  const ofToken = (cache: Value): Value => unsqueeze(positions ? gather(cache, positions, 0) : cache, [1]);
  const [cos, sin] = [ofToken(cosines), ofToken(sines)];
  const part = (start: number, end: number, step = 1): Value => slice(heads, [{ axis: 3, start, end, step }]);
  const a = interleaved === 1 ? part(0, turned, 2) : part(0, turned / 2);
  const b = interleaved === 1 ? part(1, turned, 2) : part(turned / 2, turned);
  const [real, imaginary] = [sub(mul(a, cos), mul(b, sin)), add(mul(a, sin), mul(b, cos))];
  const pairs = concat([unsqueeze(real, [-1]), unsqueeze(imaginary, [-1])], 4);
  const rotated =
    interleaved === 1 ? reshapeTo(pairs, [...heads.shape.slice(0, 3), turned]) : concat([real, imaginary], 3);
  const whole = turned === size ? rotated : concat([rotated, part(turned, size)], 3);
  return flat ? mergeHeads(whole) : whole;
}

export const attentions: Readonly<Record<string, Composite>> = {
  Attention: composite<Attention>(
    {
      is_causal: int(0),
      kv_num_heads: int(0),
      left_window_size: int(-1),
      q_num_heads: int(0),
      qk_matmul_output_mode: int(0),
      right_window_size: int(-1),
      scale: float(notGiven),
      softcap: float(0),
      softmax_precision: int(0),
    },
    ({ inputs }, attributes) => attention(inputs, attributes),
  ),
  RotaryEmbedding: composite<Rotary>(
    { interleaved: int(0), num_heads: int(0), rotary_embedding_dim: int(0) },
    ({ inputs }, attributes) => [rotaryEmbedding(inputs, attributes)],
  ),
};
