import {
  createGraph,
  differentiate,
  input,
  layerNormalization,
  matMul,
  mul,
  reduceL2,
  reduceMean,
  reduceSum,
  softmax,
  transpose,
  type Value,
  vector,
} from '@parallax/graph';
import { concatBatch, normalBatch, sliceBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../engine.ts';
import { createOnnxRuntimeEngine } from './engine.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const samples = 12;

function squared(x: Value): Value {
  return mul(x, x);
}

function onlyGradient(output: Value, x: Value): Value {
  const [gradient] = differentiate(output, [x]);
  if (gradient === undefined) throw new Error('expected a gradient');
  return gradient;
}

/** What real encoders reduce: odd numbers of tokens, classes and pixels. */
const cases: Readonly<Record<string, { readonly dims: readonly number[]; readonly trace: (x: Value) => Value }>> = {
  'sum of 17': { dims: [17], trace: (x) => reduceSum(squared(x), [1]) },
  'sum of 3·7·7': { dims: [3, 7, 7], trace: (x) => reduceSum(squared(x), [1, 2, 3], false) },
  'mean of 10': { dims: [5, 10], trace: (x) => reduceMean(squared(x), [-1]) },
  'length of 37': { dims: [37], trace: (x) => reduceL2(squared(x), [1], false) },
  'gradient of layer normalisation': {
    dims: [5, 17],
    trace: (x) => {
      const ones = vector(Array(17).fill(1));
      return onlyGradient(mul(layerNormalization(x, ones, ones), squared(x)), x);
    },
  },
  'gradient of attention over 17 tokens': {
    dims: [3, 17, 8],
    trace: (x) => onlyGradient(squared(matMul(softmax(matMul(x, transpose(x, [0, 1, 3, 2]))), x)), x),
  },
};

test.each(Object.entries(cases))('%s: a row does not depend on the batch it is in', async (name, { dims, trace }) => {
  const x = input('x', ['N', ...dims]);
  const executable = await engine.compile(createGraph([x], { y: trace(x) }));
  const batch = normalBatch({ seed: 1, purpose: name }, [...Array(samples).keys()], dims);
  const run = async (rows: Tensor): Promise<Tensor> => {
    // A copy of its own, as a request of its own has.
    const { y } = await executable.run({ x: { ...rows, data: rows.data.slice() } as Tensor });
    if (y === undefined) throw new Error('expected an output');
    return y;
  };
  const whole = await run(batch);
  for (const size of [2, 3, 5]) {
    const parts: Tensor[] = [];
    for (let start = 0; start < samples; start += size) parts.push(await run(sliceBatch(batch, start, start + size)));
    expect(concatBatch(parts).data, `in batches of ${size}`).toEqual(whole.data);
  }
  await executable.close();
});
