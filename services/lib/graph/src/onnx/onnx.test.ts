import { createTensor, float32, int64 } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { apply } from '../apply.ts';
import {
  add,
  cast,
  clip,
  concat,
  conv,
  exp,
  layerNormalization,
  matMul,
  mul,
  neg,
  oneHot,
  pad,
  reduceSum,
  round,
  slice,
  topK,
  withGradientOf,
} from '../build.ts';
import { differentiate } from '../differentiate.ts';
import { createBody, createGraph, type Graph } from '../graph.ts';
import { simplify } from '../simplify.ts';
import { constant, input, scalarConstant, type Value, vector } from '../value.ts';
import { decodeModel } from './decode.ts';
import { encodeModel, opset } from './encode.ts';
import { encodeMessage } from './wire.ts';

const x = input('x', ['N', 3]);

/** Bytes of a graph in its simplest form: equal for equal graphs. */
function normalForm(graph: Graph): Uint8Array {
  return encodeModel(simplify(graph));
}

/** A loop in a loop, with constants inside and values captured from one and from two levels outside. */
function nestedLoops(): Value {
  const outside = exp(x);
  const loop = (count: number, start: Value, step: (state: Value) => Value): Value => {
    const [iteration, condition] = [input('iteration', [], 'int64'), input('condition', [], 'bool')];
    const state = input('state', ['N', 3]);
    const next = [
      { name: 'condition', value: condition },
      { name: 'state', value: step(state) },
    ];
    const body = createBody([iteration, condition, state], next);
    return apply('Loop', [scalarConstant(count, 'int64'), null, start], { body })[0];
  };
  return loop(3, x, (outer) => {
    const middle = mul(outer, vector([1, 2, 3]));
    return loop(2, outer, (inner) => add(add(inner, middle), mul(outside, 0.5)));
  });
}

/** How often a text stands in bytes. */
function occurrences(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes).toString('latin1').split(text).length - 1;
}

const graphs: Readonly<Record<string, () => Graph>> = {
  'several outputs, one of them an input and one a constant': () =>
    createGraph([x], { y: neg(x), same: x, fixed: vector([1, 2]) }),
  'every kind of attribute and optional inputs': () => {
    const image = input('image', ['N', 2, 5, 5]);
    const weight = constant(float32([4, 2, 3, 3], new Float32Array(72).fill(0.1)));
    return createGraph([x, image], {
      conv: conv(image, weight, null, { strides: [2, 2], pads: [1, 1, 1, 1] }),
      norm: layerNormalization(x, vector([1, 2, 3]), null),
      clip: clip(x, null, 1),
      pad: pad(x, [0, 1, 0, 1]),
      slice: slice(x, [{ axis: 1, start: 2, end: 0, step: -1 }]),
    });
  },
  'a value with the gradient of another, also in a loop': () => {
    const rounded = withGradientOf(round(x), x);
    const [iteration, condition] = [input('iteration', [], 'int64'), input('condition', [], 'bool')];
    const state = input('state', ['N', 3]);
    const body = createBody(
      [iteration, condition, state],
      [
        { name: 'condition', value: condition },
        { name: 'state', value: withGradientOf(mul(state, rounded), state) },
      ],
    );
    return createGraph([x], { y: apply('Loop', [scalarConstant(2, 'int64'), null, x], { body })[0] });
  },
  'two outputs of one node': () => {
    const { values, indices } = topK(x, 2);
    return createGraph([x], { values, indices });
  },
  'constants of every type': () =>
    createGraph([], {
      float32: constant(float32([2], [0.1, -0])),
      float64: constant(createTensor('float64', [1], Float64Array.of(0.1))),
      int64: constant(int64([2], [2 ** 40, -1])),
      int32: constant(createTensor('int32', [1], Int32Array.of(-7))),
      uint8: constant(createTensor('uint8', [1], Uint8Array.of(200))),
      bool: constant(createTensor('bool', [2], Uint8Array.of(0, 1))),
      empty: constant(float32([0, 3], [])),
    }),
  'inputs of every type': () => {
    const inputs = (['float32', 'float64', 'int64', 'int32', 'uint8', 'bool'] as const).map((dtype) =>
      input(dtype, ['N'], dtype),
    );
    return createGraph(inputs, {
      y: concat(
        inputs.slice(0, 2).map((value) => cast(value, 'float32')),
        0,
      ),
    });
  },
  'a gradient': () => {
    const loss = reduceSum(mul(exp(matMul(x, constant(float32([3, 2], [1, 2, 3, 4, 5, 6])))), 0.5));
    return createGraph([x], { loss, gradient: differentiate(loss, [x])[0] ?? loss });
  },
  labels: () => createGraph([input('labels', ['N'], 'int64')], { y: oneHot(input('labels', ['N'], 'int64'), 10) }),
  'nested loops': () => createGraph([x], { y: nestedLoops() }),
};

describe('a model that is written and read again is the same', () => {
  const { labels: _, ...rest } = graphs;
  it.each(Object.entries(rest))('%s', (_name, build) => {
    const graph = build();
    const decoded = decodeModel(encodeModel(graph));
    expect(decoded.inputs).toEqual(graph.inputs);
    expect(decoded.outputs.map(({ name, value }) => [name, value.dtype, value.shape])).toEqual(
      graph.outputs.map(({ name, value }) => [name, value.dtype, value.shape]),
    );
    expect(normalForm(decoded)).toEqual(normalForm(graph));
  });

  it('equal graphs have equal bytes', () => {
    for (const build of Object.values(rest)) expect(encodeModel(build())).toEqual(encodeModel(build()));
  });
});

describe('decodeModel refuses', () => {
  const node = (op: string, domain?: string) => ({
    opType: op,
    input: ['x'],
    output: ['y'],
    ...(domain === undefined ? {} : { domain }),
  });
  const model = (changes: object, nodes: readonly object[] = []): Uint8Array =>
    encodeMessage('ModelProto', {
      opsetImport: [{ domain: '', version: opset }],
      graph: {
        input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } }],
        node: nodes,
        output: [{ name: 'y' }],
      },
      ...changes,
    });

  it.each([
    [
      'bytes that are no model',
      Uint8Array.of(0xff, 0xff, 0xff),
      /decode: expected an ONNX model, got 3 bytes that are none/,
    ],
    ['a truncated file', encodeModel(createGraph([x], { y: neg(x) })).slice(0, -9), /decode: expected an ONNX model/],
    [
      'another operator set',
      model({ opsetImport: [{ domain: '', version: 3 }] }),
      `decode: opset: expected ${opset}, got 3`,
    ],
    ['no operator set', model({ opsetImport: [] }), `decode: opset: expected ${opset}, got none`],
    [
      'no graph',
      encodeMessage('ModelProto', { opsetImport: [{ domain: '', version: opset }] }),
      'decode: graph: expected a graph, got none',
    ],
    ['an unknown operator', model({}, [node('Frobnicate')]), /decode: node y: operator .*Frobnicate is not supported/],
    [
      'another domain',
      model({}, [node('Relu', 'com.microsoft')]),
      /decode: node y: operator com.microsoft.Relu is not supported/,
    ],
    ['a value that is never computed', model({}, []), 'decode: value y: used but never computed'],
    [
      'inputs that do not fit',
      model({}, [{ opType: 'Gemm', input: ['x', 'x'], output: ['y'] }]),
      /Gemm: a: expected rank 2/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeModel(bytes)).toThrow(message);
  });

  it('leaves off the indices of a pooling that nothing uses', () => {
    const image = input('image', ['N', 2, 4, 4]);
    const [y, indices = y] = apply('MaxPool', [image], {
      kernel_shape: [2, 2],
      strides: [2, 2],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
    });
    expect(occurrences(encodeModel(createGraph([image], { y })), 'main.n0.1')).toBe(0);
    expect(
      occurrences(encodeModel(createGraph([image], { y, twice: add(indices, indices) })), 'main.n0.1'),
    ).toBeGreaterThan(0);
  });
});
