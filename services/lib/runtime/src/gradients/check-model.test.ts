import {
  apply,
  cast,
  constant,
  conv,
  convTranspose,
  createGraph,
  erf,
  type Graph,
  gelu,
  gemm,
  globalAveragePool,
  input,
  layerNormalization,
  matMul,
  mul,
  relu,
  reshape,
  sigmoid,
  softmax,
  transpose,
  type Value,
} from '@parallax/graph';
import { createTensor, elementCount, float32, normal, type Tensor, uniform } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { writeOutFloat64 } from '../float64/kernels.ts';
import { widen } from '../float64/widen.ts';
import { createOnnxRuntimeEngine } from '../onnxruntime/engine.ts';
import { checkModel, gradientFailures } from './check-model.ts';

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const shape = [3, 9, 9];
const images = float32([3, ...shape], uniform({ seed: 2, purpose: 'check.images' }, 3 * elementCount(shape)));

function weight(purpose: string, dims: readonly number[], deviation = 0.3): Value {
  return constant(
    float32(
      dims,
      normal({ seed: 3, purpose }, elementCount(dims)).map((value) => value * deviation),
    ),
  );
}

/** Strided, grouped and dilated convolutions, a transposed one, and an attention-like end. */
function network(): Graph {
  const x = input('images', ['N', ...shape]);
  const first = relu(conv(x, weight('a', [8, 3, 3, 3]), weight('ab', [8]), { strides: [2, 2], pads: [1, 0, 0, 1] }));
  const second = relu(
    conv(first, weight('b', [8, 2, 2, 2]), null, { group: 4, dilations: [2, 2], pads: [1, 1, 1, 1] }),
  );
  const wide = convTranspose(second, weight('c', [8, 4, 3, 3]), weight('cb', [4]), {
    strides: [2, 2],
    pads: [1, 0, 0, 1],
    output_padding: [1, 0],
  });
  const smooth = mul(wide, sigmoid(wide));
  const [, channels = 0, ...lengths] = smooth.shape as number[];
  const tokens = transpose(reshape(smooth, [-1, channels, elementCount(lengths)]), [0, 2, 1]);
  const normalised = layerNormalization(tokens, weight('g', [channels], 1), null);
  const mixed = matMul(softmax(matMul(normalised, transpose(normalised, [0, 2, 1]))), normalised);
  const pooled = globalAveragePool(reshape(transpose(mixed, [0, 2, 1]), [-1, channels, ...lengths]));
  const logits = gemm(reshape(pooled, [-1, channels]), weight('h', [5, channels]), { transB: true });
  return createGraph([x], { logits });
}

/** A classifier whose features pass a function on the way to two logits. */
function through(middle: (x: Value) => Value): Graph {
  const size = elementCount(shape);
  const x = input('images', ['N', ...shape]);
  const features = middle(gemm(reshape(x, [-1, size]), weight('w', [size, 6])));
  return createGraph([x], { logits: gemm(features, weight('v', [6, 2])) });
}

/** An engine whose gradients are wrong. */
function exaggerating(right: Engine): Engine {
  const compile: Engine['compile'] = async (graph, options) => {
    const executable = await right.compile(graph, options);
    const run: typeof executable.run = async (feeds, how) => {
      const results = await executable.run(feeds, how);
      const gradient = results['gradient'];
      if (gradient === undefined) return results;
      const data = Float64Array.from(gradient.data as Float64Array, (value) => 1.001 * value);
      return { gradient: createTensor('float64', gradient.dims, data) };
    };
    return { ...executable, run };
  };
  return { ...right, compile };
}

describe('the float64 form', () => {
  it.each([
    ['a network', network()],
    ['GELU', through(gelu)],
    ['GELU of tanh', through((x) => apply('Gelu', [x], { approximate: 'tanh' })[0])],
    ['the error function', through(erf)],
  ])('computes what the float32 form of %s does', async (_, graph) => {
    const narrow = await engine.compile(graph);
    const wide = await engine.compile(writeOutFloat64(widen(graph)));
    const expected = (await narrow.run({ images }))['logits'] as Tensor;
    const fed = createTensor('float64', images.dims, Float64Array.from(images.data));
    const got = (await wide.run({ images: fed }))['logits'] as Tensor;
    expect(got.dtype).toBe('float64');
    expected.data.forEach((value, index) => {
      expect(Number(got.data[index])).toBeCloseTo(Number(value), 5);
    });
    await Promise.all([narrow.close(), wide.close()]);
  });
});

describe('a gradient check of a model', () => {
  it('agrees in float64, of each operator and of the whole', async () => {
    const stages: string[] = [];
    const check = await checkModel(engine, network(), images, {
      precision: 'float64',
      onProgress: ({ stage }) => stages.push(stage),
    });
    expect(gradientFailures(check)).toEqual([]);
    expect(check.whole).toMatchObject({ precision: 'float64', differences: 'float64', notes: [] });
    expect(check.whole.worst).toBeLessThan(1e-7);
    for (const { operator, worst, checked, nodes } of check.operators) {
      expect(worst, operator).toBeLessThan(1e-7);
      expect(checked).toBe(Math.min(nodes, 3));
    }
    const names = check.operators.map(({ operator }) => operator);
    expect(names).toEqual(expect.arrayContaining(['Conv', 'ConvTranspose', 'Softmax', 'LayerNormalization']));
    expect(stages).toEqual(['whole model', ...names, 'done']);
  });

  it('compares the float32 gradient, which attacks use, with float64 differences', async () => {
    const { whole } = await checkModel(engine, network(), images);
    expect(whole).toMatchObject({ precision: 'float32', differences: 'float64', notes: [] });
    expect(whole.worst).toBeLessThan(1e-4);
    expect(whole.worst).toBeGreaterThan(1e-9);
  });

  it('finds a gradient that is a thousandth too large', async () => {
    const check = await checkModel(exaggerating(engine), network(), images, { precision: 'float64' });
    expect(check.whole.worst).toBeGreaterThan(1e-4);
    const failures = gradientFailures(check).join();
    for (const { operator } of check.operators) expect(failures).toContain(operator);
    expect(failures).toContain('whole model');
    expect(gradientFailures(check, 2e-3)).toEqual([]);
  });

  it('counts kinks instead of hiding them', async () => {
    const dead = through((x) => relu(mul(x, constant(float32([6], [1, 0, 1, 0, 1, 0])))));
    const { operators } = await checkModel(engine, dead, images, { precision: 'float64' });
    const kinky = operators.find(({ operator }) => operator === 'Relu');
    // Half of the units stand at 0 exactly, for each of three images and two directions.
    expect(kinky).toMatchObject({ checked: 1, kinks: 18, entries: 36 });
  });

  it('takes an output that never changes for right', async () => {
    const constantOutput = through((x) => mul(x, 0));
    const check = await checkModel(engine, constantOutput, images, { precision: 'float64' });
    expect(gradientFailures(check)).toEqual([]);
    expect(check.whole.worst).toBe(0);
  });

  it('says when no gradient reaches the images', async () => {
    const blocked = through((x) => cast(cast(x, 'int64'), 'float32'));
    await expect(checkModel(engine, blocked, images)).rejects.toThrow('depends smoothly');
  });
});
