import { describe, expect, it } from 'vitest';
import { apply } from './apply.ts';
import * as build from './build.ts';
import type { Shape } from './dims.ts';
import { GraphError } from './errors.ts';
import { createBody } from './graph.ts';
import { input, integers, scalarConstant, type Value } from './value.ts';

const x = input('x', ['N', 3]);
const y = input('y', [2, 4]);
const whole = input('whole', [2], 'int64');
const zero = scalarConstant(0, 'int64');
const flags = input('flags', [2], 'bool');
const image = input('image', ['N', 4, 8, 8]);
const kernel = (...shape: readonly number[]): Value => input('kernel', shape);

describe('an operator whose inputs do not fit says what it expected and what came', () => {
  const cases: readonly (readonly [message: string, build: () => unknown])[] = [
    ['Add: expected shapes that broadcast, got [N, 3] and [2, 4]', () => build.add(x, y)],
    ['Mul: expected operands of one element type, got float32 and int64', () => build.mul(y, whole)],
    [
      'Sub: a: expected float32 or float64 or int64 or int32 or int16 or int8 or uint64 or uint32 or uint16 or uint8, got bool',
      () => build.sub(flags, flags),
    ],
    ['And: a: expected bool, got float32', () => build.and(x, x)],
    ['Not: x: expected bool, got float32', () => build.not(x)],
    ['Exp: x: expected float32 or float64, got int64', () => build.exp(whole)],
    ['Softmax: x: expected float32 or float64, got int64', () => build.softmax(whole)],
    ['Softmax: axis: expected -2 to 1, got 2', () => build.softmax(x, 2)],
    ['Where: condition: expected bool, got float32', () => build.where(x, x, x)],
    [
      'Clip: expected operands of one element type, got float32 and int64',
      () => build.clip(x, scalarConstant(0, 'int64'), null),
    ],
    ['Clip: bound: expected [], got [N, 3]', () => build.clip(x, x, null)],
    ['Cast: to: expected a known element type, got 99', () => apply('Cast', [x], { to: 99 })],
    ['Gelu: approximate: expected none or tanh, got erf', () => apply('Gelu', [x], { approximate: 'erf' })],
    ['ReduceSum: axis: expected -2 to 1, got 2', () => build.reduceSum(x, [2])],
    ['ReduceSum: axes: expected a constant, got a computed value', () => apply('ReduceSum', [x, whole])],
    ['MatMul: expected matrices [..., M, K] and [..., K, N], got [N, 3] and [2, 4]', () => build.matMul(x, y)],
    [
      'MatMul: expected matrices [..., M, K] and [..., K, N], got [1, 2] and [3, 1]',
      () => build.matMul(kernel(2), kernel(3)),
    ],
    ['Gemm: a: expected rank 2, got [N, 4, 8, 8]', () => build.gemm(image, y)],
    [
      'Gemm: expected matrices [..., M, K] and [..., K, N], got [4, 2] and [4, 2]',
      () => build.gemm(y, y, { transA: true, transB: true }),
    ],
    [
      'Gemm: c: expected a shape that repeats to [2, 2], got [3]',
      () => build.gemm(y, y, { transB: true, c: kernel(3) }),
    ],
    ['Conv: x: expected 3 channels on axis 1, got [N, 4, 8, 8]', () => build.conv(image, kernel(5, 3, 3, 3), null)],
    ['Conv: weight: expected rank 4, got [5, 4, 3]', () => build.conv(image, kernel(5, 4, 3), null)],
    [
      'Conv: weight: expected a multiple of 2 on axis 0, got [5, 2, 3, 3]',
      () => build.conv(image, kernel(5, 2, 3, 3), null, { group: 2 }),
    ],
    ['Conv: bias: expected [5], got [4]', () => build.conv(image, kernel(5, 4, 3, 3), kernel(4))],
    [
      'Conv: spatial axis 0: expected at least 9 with padding, got 8',
      () => build.conv(image, kernel(5, 4, 9, 3), null),
    ],
    ['Conv: kernel: expected fixed lengths, got K', () => build.conv(image, input('w', [5, 4, 'K', 3]), null)],
    [
      'Conv: spatial axis 1: expected a fixed length, got W',
      () => build.conv(input('x', [1, 4, 8, 'W']), kernel(5, 4, 3, 3), null),
    ],
    [
      'ConvTranspose: x: expected 3 channels on axis 1, got [N, 4, 8, 8]',
      () => build.convTranspose(image, kernel(3, 5, 3, 3), null),
    ],
    ['Resize: expected scales or sizes, got neither', () => apply('Resize', [image, null, null, null])],
    ['Resize: sizes: expected a constant, got a computed value', () => apply('Resize', [image, null, null, whole])],
    ['Resize: sizes: expected 4 numbers, got 2', () => apply('Resize', [image, null, null, integers([2, 2])])],
    [
      'Resize: mode: expected one of nearest, linear, cubic, got bent',
      () => apply('Resize', [kernel(1, 4), null, null, integers([2, 4])], { mode: 'bent' }),
    ],
    ['Range: delta: expected a number other than 0, got 0', () => apply('Range', [zero, zero, zero])],
    [
      'BatchNormalization: mean: expected [4], got [3]',
      () =>
        build.batchNormalization(image, { scale: kernel(4), bias: kernel(4), mean: kernel(3), variance: kernel(4) }),
    ],
    [
      'LayerNormalization: scale: expected a shape that repeats to [3], got [4]',
      () => build.layerNormalization(x, kernel(4), null),
    ],
    ['Concat: expected at least one input, got none', () => build.concat([], 0)],
    ['Concat: expected shapes that agree outside axis 1, got [N, 3] [2, 4]', () => build.concat([x, y], 1)],
    ['Expand: expected shapes that broadcast, got [2, 4] and [3, 4]', () => build.expand(y, [3, 4])],
    ['Reshape: shape: expected the elements of [2, 4], got [3, -1]', () => build.reshape(y, [3, -1])],
    ['Reshape: shape: expected the elements of [2, 4], got [2, 5]', () => build.reshape(y, [2, 5])],
    ['Reshape: shape: expected a constant, got a computed value', () => build.reshape(y, whole)],
    ['Slice: axis 0: expected a fixed length, got N', () => build.slice(x, [{ axis: 0, start: 0, end: 1 }])],
    [
      'Slice: steps: expected a number other than 0, got 0',
      () => build.slice(y, [{ axis: 0, start: 0, end: 1, step: 0 }]),
    ],
    ['Squeeze: axis 1: expected length 1, got 3', () => build.squeeze(x, [1])],
    ['Transpose: perm: expected a permutation of 2 axes, got [0, 0]', () => build.transpose(x, [0, 0])],
    ['Pad: pads: expected 4 numbers, got 2', () => build.pad(x, [1, 1])],
    ['Pad: axis 0: expected a fixed length, got N', () => build.pad(x, [1, 0, 0, 0])],
    ['Gather: indices: expected int64 or int32, got float32', () => build.gather(y, y)],
    ['GatherElements: indices: expected rank 2, got [2]', () => build.gatherElements(y, whole, 0)],
    ['ScatterElements: updates: expected [2], got [2, 4]', () => build.scatterElements(kernel(3), whole, y, 0)],
    ['TopK: k: expected 0 to 4, got 5', () => build.topK(y, 5)],
    ['OneHot: values: expected [2], got [3]', () => apply('OneHot', [whole, scalarConstant(3, 'int64'), kernel(3)])],
    [
      'Conv: attribute kernel_shape: expected a value, got none',
      () => apply('Conv', [image, kernel(5, 4, 3, 3), null]),
    ],
    ['Relu: attribute slope: not an attribute of Relu', () => apply('Relu', [x], { slope: 1 } as never)],
    ['Loop: expected 1 states into and out of the body, got 0 and 0', () => loop([], [])],
    ['Loop: state s: expected float32 [2, 3], got float32 [2, 4]', () => loop([input('s', [2, 3])], [kernel(2, 3)])],
    ['Loop: state s of the body: expected float32 [2, 4], got float32 [3]', () => loop([input('s', [3])], [y])],
  ];
  it.each(cases)('%s', (message, attempt) => {
    expect(attempt).toThrow(GraphError);
    expect(attempt).toThrow(message);
  });
});

describe('shapes are inferred with symbolic lengths', () => {
  const cases: readonly (readonly [name: string, Value, Shape])[] = [
    ['a sum with a row', build.add(x, kernel(3)), ['N', 3]],
    ['a flattened batch', build.reshape(image, [0, -1]), ['N', 256]],
    ['pixels as rows', build.reshape(image, [-1, 8]), ['32*N', 8]],
    ['rows back to images', build.reshape(build.reshape(image, [-1, 8]), [-1, 4, 8, 8]), ['N', 4, 8, 8]],
    ['two batches one after the other', build.concat([x, x], 0), ['2*N', 3]],
    ['a batch and one more', build.concat([x, kernel(1, 3)], 0), ['(N+1)', 3]],
    ['similarities within a batch', build.matMul(x, build.transpose(x, [1, 0])), ['N', 'N']],
    [
      'a strided convolution',
      build.conv(image, kernel(5, 4, 3, 3), null, { strides: [2, 2], pads: [1, 1, 1, 1] }),
      ['N', 5, 4, 4],
    ],
    ['its transpose', build.convTranspose(image, kernel(4, 5, 2, 2), null, { strides: [2, 2] }), ['N', 5, 16, 16]],
    ['a mean over pixels', build.reduceMean(image, [2, 3], false), ['N', 4]],
    [
      'a slice backwards',
      build.slice(image, [{ axis: -1, start: -1, end: build.toTheStart, step: -3 }]),
      ['N', 4, 8, 3],
    ],
    ['indices in place of an axis', build.gather(image, integers([1, 2, 3]), 1), ['N', 3, 8, 8]],
    ['one-hot labels', build.oneHot(whole, 10), [2, 10]],
    ['the shape itself', build.shapeOf(image), [4]],
  ];
  it.each(cases)('%s', (_, value, shape) => {
    expect(value.shape).toEqual(shape);
  });
});

/** A loop over one state that starts as `y`. */
function loop(states: readonly Value[], next: readonly Value[]): unknown {
  const condition = input('condition', [], 'bool');
  const body = createBody(
    [input('iteration', [], 'int64'), condition, ...states],
    [{ name: 'condition', value: condition }, ...next.map((value) => ({ name: 's', value }))],
  );
  return apply('Loop', [scalarConstant(1, 'int64'), null, y], { body });
}
