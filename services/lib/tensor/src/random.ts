import { createTensor, elementCount, type Tensor } from './tensor.ts';

/**
 * All randomness of Parallax: the counter-based generator Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011). A draw is a pure function of its key. There is no hidden state, so what one sample receives
 * depends neither on the batch it is in nor on what was drawn before.
 */

/** Names one stream of random numbers. Two keys that differ in any field give independent streams. */
export interface RandomKey {
  /** The seed the user gave: an integer in [0, 2^64). */
  readonly seed: number | bigint;
  /** What the numbers are for, such as `attack.start` or `training.augmentation`. */
  readonly purpose: string;
  /** Index of the sample in its split, in [0, 2^32); 0 for draws that belong to no sample. */
  readonly sampleId?: number;
  /** Restart of the attack, in [0, 2^16). */
  readonly restart?: number;
  /** Iteration of the attack or of training, in [0, 2^32). */
  readonly step?: number;
  /** Which of several draws within the step, in [0, 2^16). */
  readonly draw?: number;
}

/** A key without its sample: what the members of a batch share. */
export type BatchKey = Omit<RandomKey, 'sampleId'>;

/** `length` numbers uniform in [0, 1), each a multiple of 2^-24. */
export function uniform(key: RandomKey, length: number): Float32Array {
  const values = new Float32Array(length);
  fillUniform(values, streamOf(key));
  return values;
}

/** `length` standard normal numbers, by Box-Muller in float64, rounded to float32. None exceeds 6.77 in magnitude. */
export function normal(key: RandomKey, length: number): Float32Array {
  const values = new Float32Array(length);
  fillNormal(values, streamOf(key));
  return values;
}

/** `length` integers uniform in [0, `bound`), `bound` ≤ 2^31. The bias is below `bound` · 2^-53. */
export function integers(key: RandomKey, length: number, bound: number): Int32Array {
  assertInteger('bound', bound, 1, 2 ** 31);
  return Int32Array.from(wideUniform(key, length), (value) => Math.floor(value * bound));
}

/** A uniformly random order of 0 … `length` - 1 (Fisher-Yates). */
export function permutation(key: RandomKey, length: number): Int32Array {
  const order = Int32Array.from({ length }, (_, index) => index);
  const draws = wideUniform(key, length);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor((draws[last] as number) * (last + 1));
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}

/** Shape [N, …`sampleDims`]: row i holds what `uniform` gives for `sampleIds[i]`, whatever the other rows are. */
export function uniformBatch(
  key: BatchKey,
  sampleIds: ArrayLike<number>,
  sampleDims: readonly number[],
): Tensor<'float32'> {
  return fillBatch(key, sampleIds, sampleDims, fillUniform);
}

/** Shape [N, …`sampleDims`]: row i holds what `normal` gives for `sampleIds[i]`, whatever the other rows are. */
export function normalBatch(
  key: BatchKey,
  sampleIds: ArrayLike<number>,
  sampleDims: readonly number[],
): Tensor<'float32'> {
  return fillBatch(key, sampleIds, sampleDims, fillNormal);
}

/** The Philox-4x32-10 bijection: `counter` has four words, `key` two, the result four. */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>): Uint32Array {
  const block = new Uint32Array(4);
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = Array.from(counter);
  fillWords(block, { key0: key[0] ?? 0, key1: key[1] ?? 0, counter2: c2, counter3: c3 }, c0, c1, block.length);
  return block;
}

/** One stream: Philox under (`key0`, `key1`) over the counters (block, 0, `counter2`, `counter3`). */
interface Stream {
  readonly key0: number;
  readonly key1: number;
  readonly counter2: number;
  readonly counter3: number;
}

/**
 * Hashes a key to a stream with Philox itself. Under one seed the hash is a bijection of (sample, step, restart, draw,
 * purpose hash), so distinct keys cannot share a stream.
 */
function streamOf(key: RandomKey): Stream {
  return streamsOf(key)(key.sampleId ?? 0);
}

/** The streams of samples under one key: what does not depend on the sample is done once. */
function streamsOf({ seed, purpose, restart = 0, step = 0, draw = 0 }: BatchKey): (sampleId: number) => Stream {
  assertInteger('step', step, 0, 2 ** 32 - 1);
  assertInteger('restart', restart, 0, 2 ** 16 - 1);
  assertInteger('draw', draw, 0, 2 ** 16 - 1);
  const [key0, key1] = wordsOf(seed);
  const shared: Stream = { key0, key1, counter2: restart * 0x10000 + draw, counter3: hashText(purpose) };
  const block = new Uint32Array(4);
  return (sampleId) => {
    assertInteger('sampleId', sampleId, 0, 2 ** 32 - 1);
    fillWords(block, shared, sampleId, step, block.length);
    const [hash0 = 0, hash1 = 0, hash2 = 0, hash3 = 0] = block;
    return { key0: hash0, key1: hash1, counter2: hash2, counter3: hash3 };
  };
}

/** The low and the high 32 bits of a seed. */
function wordsOf(seed: number | bigint): readonly [number, number] {
  if ((typeof seed === 'number' && !Number.isSafeInteger(seed)) || seed < 0 || seed > 0xffffffffffffffffn) {
    throw new RangeError(`seed: expected an integer in [0, 2^64), got ${seed}`);
  }
  const bits = BigInt(seed);
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/** FNV-1a over UTF-16 code units. Purposes are a handful of literals, so 32 bits are plenty. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

function fillBatch(
  key: BatchKey,
  sampleIds: ArrayLike<number>,
  sampleDims: readonly number[],
  fill: (values: Float32Array, stream: Stream) => void,
): Tensor<'float32'> {
  const sampleSize = elementCount(sampleDims);
  const values = new Float32Array(sampleIds.length * sampleSize);
  const streams = streamsOf(key);
  for (let row = 0; row < sampleIds.length; row++) {
    fill(values.subarray(row * sampleSize, (row + 1) * sampleSize), streams(sampleIds[row] as number));
  }
  return createTensor('float32', [sampleIds.length, ...sampleDims], values);
}

/** Words are drawn into this buffer, which stays in the first-level cache, and converted from there. A multiple of 4. */
const scratch = new Uint32Array(1024);

function fillUniform(values: Float32Array, stream: Stream): void {
  for (let start = 0; start < values.length; start += scratch.length) {
    const count = Math.min(scratch.length, values.length - start);
    fillWords(scratch, stream, start / 4, 0, count);
    for (let index = 0; index < count; index++) values[start + index] = ((scratch[index] as number) >>> 8) * 2 ** -24;
  }
}

function fillNormal(values: Float32Array, stream: Stream): void {
  for (let start = 0; start < values.length; start += scratch.length) {
    const count = Math.min(scratch.length, values.length - start);
    fillWords(scratch, stream, start / 4, 0, count);
    for (let index = 0; index < count; index += 2) {
      // Half a unit above the grid point, so that the logarithm never sees zero.
      const radius = Math.sqrt(-2 * Math.log(((scratch[index] as number) + 0.5) * 2 ** -32));
      const angle = 2 * Math.PI * (scratch[index + 1] as number) * 2 ** -32;
      values[start + index] = radius * Math.cos(angle);
      if (index + 1 < count) values[start + index + 1] = radius * Math.sin(angle);
    }
  }
}

/** Numbers uniform in [0, 1) with 53 random bits, for choices among many. */
function wideUniform(key: RandomKey, length: number): Float64Array {
  const words = new Uint32Array(2 * length);
  fillWords(words, streamOf(key), 0, 0, words.length);
  return Float64Array.from({ length }, (_, index) => {
    const high = (words[2 * index] as number) >>> 5;
    const low = (words[2 * index + 1] as number) >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  });
}

const rounds = 10;

/**
 * Writes the outputs of the counters (block, `counter1`, …), (block + 1, `counter1`, …), … to the first `count` words of
 * `words`, rounded up to whole blocks where there is room. The high halves of the 32×32-bit products are put together from
 * 16-bit halves, because JavaScript has no such product. The multipliers 0xd2511f53, 0xcd9e8d57 and the Weyl increments
 * stand in the loop as literals: read from the module's scope they cost a third of the speed.
 */
function fillWords(words: Uint32Array, stream: Stream, firstBlock: number, counter1: number, count: number): void {
  for (let offset = 0; offset < count; offset += 4) {
    let c0 = (firstBlock + offset / 4) | 0;
    let c1 = counter1 | 0;
    let c2 = stream.counter2 | 0;
    let c3 = stream.counter3 | 0;
    let k0 = stream.key0 | 0;
    let k1 = stream.key1 | 0;
    for (let round = 0; round < rounds; round++) {
      const a = c0 & 0xffff;
      const b = c0 >>> 16;
      const p = (Math.imul(b, 0x1f53) + (Math.imul(a, 0x1f53) >>> 16)) | 0;
      const q = (Math.imul(a, 0xd251) + (p & 0xffff)) | 0;
      const high0 = (Math.imul(b, 0xd251) + (((p >>> 16) + (q >>> 16)) | 0)) | 0;
      const low0 = Math.imul(c0, 0xd2511f53 | 0);

      const d = c2 & 0xffff;
      const e = c2 >>> 16;
      const r = (Math.imul(e, 0x8d57) + (Math.imul(d, 0x8d57) >>> 16)) | 0;
      const s = (Math.imul(d, 0xcd9e) + (r & 0xffff)) | 0;
      const high1 = (Math.imul(e, 0xcd9e) + (((r >>> 16) + (s >>> 16)) | 0)) | 0;
      const low1 = Math.imul(c2, 0xcd9e8d57 | 0);

      c0 = high1 ^ c1 ^ k0;
      c1 = low1;
      c2 = high0 ^ c3 ^ k1;
      c3 = low0;
      k0 = (k0 + (0x9e3779b9 | 0)) | 0;
      k1 = (k1 + (0xbb67ae85 | 0)) | 0;
    }
    words[offset] = c0;
    words[offset + 1] = c1;
    words[offset + 2] = c2;
    words[offset + 3] = c3;
  }
}

function assertInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name}: expected an integer in [${least}, ${most}], got ${value}`);
  }
}
