import {
  add,
  constant,
  conv,
  convTranspose,
  createGraph,
  differentiate,
  input,
  mul,
  type OpName,
  relu,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { elementCount, float32, normal, normalBatch, type Tensor } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../engine.ts';
import { createOnnxRuntimeEngine } from '../engine.ts';
import { fastConvolutions } from './fast-convolutions.ts';
import { filterAxis, filtering2, filtering4, filteringOfStride2, transposed } from './matrices.ts';

/** Largest difference from the direct form, relative to the size of a sample's result. */
const tolerance = 1e-5;

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

function weights(name: string, ...dims: readonly number[]): Value {
  const spread = Math.sqrt(elementCount(dims.slice(1)));
  return constant(
    float32(
      dims,
      normal({ seed: 5, purpose: name }, elementCount(dims)).map((value) => value / spread),
    ),
  );
}

function operatorsOf(y: Value): readonly OpName[] {
  const { outputs } = fastConvolutions(createGraph([x16()], { y }));
  return topologicalOrder(outputs.map(({ value }) => value)).map(({ op }) => op);
}

const image = input('x', ['N', 128, 16, 16]);
const x16 = () => image;

interface Case {
  readonly name: string;
  /** Of one sample: channels, height, width. */
  readonly dims: readonly [number, number, number];
  readonly traced: (x: Value) => Value;
}

/** A convolution and its gradient, so that transposed ones are among them. */
function withGradient(traced: (x: Value) => Value): (x: Value) => Value {
  return (x) => {
    const [gradient] = differentiate(mul(traced(x), traced(x)), [x]);
    return gradient ?? x;
  };
}

function square(channels: number, outputs: number, height: number, width: number, pads: readonly number[]): Case {
  const traced = (x: Value): Value => conv(x, weights('w', outputs, channels, 3, 3), weights('b', outputs), { pads });
  return {
    name: `${channels}→${outputs} on ${height}×${width}, pads ${pads}`,
    dims: [channels, height, width],
    traced,
  };
}

function strided(channels: number, outputs: number, side: number): Case {
  const options = { pads: [1, 1, 1, 1], strides: [2, 2] };
  const traced = (x: Value): Value => conv(x, weights('w', outputs, channels, 3, 3), null, options);
  return { name: `${channels}→${outputs} on ${side}×${side}, stride 2`, dims: [channels, side, side], traced };
}

const convolutions: readonly Case[] = [
  square(128, 128, 16, 16, [1, 1, 1, 1]),
  square(160, 96, 7, 9, [1, 1, 1, 1]),
  square(128, 128, 8, 8, [0, 0, 0, 0]),
  square(128, 128, 6, 5, [2, 0, 1, 2]),
  square(256, 256, 4, 4, [1, 1, 1, 1]),
  square(256, 192, 2, 1, [1, 1, 1, 1]),
  strided(128, 256, 8),
  strided(256, 256, 7),
];

const block: Case = {
  name: 'a residual block with a shortcut',
  dims: [128, 8, 8],
  traced: (x) => {
    const first = relu(
      conv(x, weights('1', 256, 128, 3, 3), weights('b', 256), { pads: [1, 1, 1, 1], strides: [2, 2] }),
    );
    const main = conv(first, weights('2', 256, 256, 3, 3), null, { pads: [1, 1, 1, 1] });
    return relu(add(main, conv(x, weights('s', 256, 128, 1, 1), weights('b', 256), { strides: [2, 2] })));
  },
};

const upwards: Case = {
  name: 'a transposed convolution with bias',
  dims: [256, 4, 4],
  traced: (x) =>
    convTranspose(x, weights('w', 256, 128, 3, 3), weights('b', 128), {
      pads: [1, 1, 1, 1],
      strides: [2, 2],
      output_padding: [1, 1],
    }),
};

describe('tiled convolutions', () => {
  it.each([...convolutions, block, upwards])('agree with direct ones: $name', ({ name, dims, traced }) =>
    expectAgreement(name, dims, traced),
  );

  it.each([...convolutions, block, upwards])('so do their gradients: $name', ({ name, dims, traced }) =>
    expectAgreement(name, dims, withGradient(traced)),
  );

  it('are written for large layers only, and by constant weights', () => {
    const kernel = weights('w', 128, 128, 3, 3);
    expect(operatorsOf(conv(image, kernel, null, { pads: [1, 1, 1, 1] }))).not.toContain('Conv');
    expect(operatorsOf(conv(image, kernel, null, { pads: [2, 2, 2, 2], dilations: [2, 2] }))).toContain('Conv');
    expect(operatorsOf(conv(image, weights('w', 8, 128, 3, 3), null, { pads: [1, 1, 1, 1] }))).toContain('Conv');
    expect(operatorsOf(conv(image, weights('w', 128, 64, 3, 3), null, { group: 2 }))).toContain('Conv');
    const fed = input('w', [128, 128, 3, 3]);
    const { outputs } = fastConvolutions(createGraph([image, fed], { y: conv(image, fed, null) }));
    expect(topologicalOrder(outputs.map(({ value }) => value)).map(({ op }) => op)).toEqual(['Conv']);
  });

  it('change the layout once for a chain of layers', () => {
    const layer = (x: Value): Value =>
      relu(conv(x, weights('w', 128, 128, 3, 3), weights('b', 128), { pads: [1, 1, 1, 1] }));
    const chain = fastConvolutions(createGraph([image], { y: layer(layer(layer(image))) })).outputs;
    const exchanges = topologicalOrder(chain.map(({ value }) => value)).filter(
      ({ op, inputs: [moved] }) => op === 'Transpose' && moved?.shape.some((dim) => typeof dim === 'string'),
    );
    expect(exchanges).toHaveLength(2);
  });
});

describe('an engine for direct convolutions', () => {
  it('computes them directly unless a compilation says otherwise', async () => {
    const direct = createOnnxRuntimeEngine({ workers: 1, convolutions: 'direct' });
    const y = conv(image, weights('w', 128, 128, 3, 3), null, { pads: [1, 1, 1, 1] });
    const graph = createGraph([image], { y });
    const feeds = { x: normalBatch({ seed: 6, purpose: 'direct' }, [0, 1], [128, 16, 16]) };
    const results = [];
    for (const options of [{}, { convolutions: 'direct' }, { convolutions: 'tiled' }] as const) {
      const executable = await direct.compile(graph, options);
      results.push(await executable.run(feeds));
      await executable.close();
    }
    await direct.close();
    expect(results[0]).toEqual(results[1]);
    expect(results[0]).not.toEqual(results[2]);
  });
});

describe('filtering of an axis', () => {
  it.each([
    ['stride 1, small tiles', filtering2, 9, 1],
    ['stride 1', filtering4, 9, 1],
    ['stride 1, no padding', filtering4, 12, 0],
    ['stride 2', filteringOfStride2, 9, 1],
  ] as const)('of %s is the filter exactly, and its transpose the transposed filter', (_, filtering, length, begin) => {
    const taps = [3, -5, 7];
    const filtered = Math.floor((length + 2 * begin - 3) / filtering.stride) + 1;
    const axis = filterAxis(filtering, length, filtered, begin);
    const kernel = filtering.kernelTransform.map((row) =>
      row.reduce((sum, weight, tap) => sum + weight * (taps[tap] ?? 0), 0),
    );
    const applied = ({ toTiles, fromTiles, tiles }: typeof axis, x: readonly number[]): readonly number[] => {
      const dot = (a: readonly number[], b: readonly number[]) =>
        a.reduce((sum, each, at) => sum + each * (b[at] ?? 0), 0);
      const products = toTiles.map((row, at) => dot(row, x) * (kernel[Math.floor(at / tiles)] ?? 0));
      return fromTiles.map((row) => dot(row, products));
    };
    const direct = Array.from({ length: filtered }, (_unused, at) =>
      Array.from({ length }, (_unit, place) => taps[place - at * filtering.stride + begin] ?? 0),
    );
    for (let place = 0; place < length; place++) {
      const unit = Array.from({ length }, (_unused, at) => (at === place ? 1 : 0));
      for (const [at, value] of applied(axis, unit).entries()) expect(value).toBeCloseTo(direct[at]?.[place] ?? 0, 10);
    }
    for (let place = 0; place < filtered; place++) {
      const unit = Array.from({ length: filtered }, (_unused, at) => (at === place ? 1 : 0));
      for (const [at, value] of applied(transposed(axis), unit).entries()) {
        expect(value).toBeCloseTo(direct[place]?.[at] ?? 0, 10);
      }
    }
  });
});

async function expectAgreement(name: string, dims: readonly number[], traced: (x: Value) => Value): Promise<void> {
  const x = input('x', ['N', ...dims]);
  const graph = createGraph([x], { y: traced(x) });
  const feeds = { x: normalBatch({ seed: 6, purpose: name }, [0, 1, 2], dims) };
  const results: Tensor[] = [];
  for (const convolutions of ['direct', 'tiled'] as const) {
    const executable = await engine.compile(graph, { convolutions });
    const { y } = await executable.run(feeds);
    if (y !== undefined) results.push(y);
    await executable.close();
  }
  const [direct, tiled] = results;
  expect(tiled?.dims).toEqual(direct?.dims);
  expect(relativeDifference(tiled, direct)).toBeLessThan(tolerance);
}

/** ‖a - b‖ / ‖b‖ */
function relativeDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  let [apart, size] = [0, 0];
  b?.data.forEach((value, at) => {
    apart += (Number(a?.data[at]) - Number(value)) ** 2;
    size += Number(value) ** 2;
  });
  return Math.sqrt(apart / size);
}
