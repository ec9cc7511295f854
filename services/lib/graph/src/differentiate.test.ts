import { describe, expect, it } from 'vitest';
import { apply } from './apply.ts';
import {
  add,
  concat,
  expand,
  floor,
  gather,
  greater,
  matMul,
  mul,
  neg,
  reduceSum,
  reshape,
  shapeOf,
  slice,
  topK,
  where,
} from './build.ts';
import { differentiate } from './differentiate.ts';
import { NotDifferentiableError } from './errors.ts';
import { createBody } from './graph.ts';
import { topologicalOrder } from './order.ts';
import type { OpName } from './signatures.ts';
import { constantTensor, input, scalarConstant, type Value } from './value.ts';

const x = input('x', [2, 3]);

/** The operators of a value, in the order they run. */
function operatorsOf(...values: readonly (Value | undefined)[]): readonly OpName[] {
  return topologicalOrder(values.filter((value) => value !== undefined)).map(({ op }) => op);
}

describe('differentiate', () => {
  it('gives the seed for the output itself', () => {
    const seed = input('seed', [2, 3]);
    expect(differentiate(x, [x], seed)).toEqual([seed]);
  });

  it('seeds with ones', () => {
    const [gradient] = differentiate(x, [x]);
    expect(operatorsOf(gradient)).toEqual(['Expand']);
  });

  it('adds what arrives by several ways', () => {
    const [gradient] = differentiate(add(neg(x), mul(x, 2)), [x]);
    expect(operatorsOf(gradient)).toEqual(['Expand', 'Mul', 'Neg', 'Add']);
  });

  it('sums back to the shape of what was repeated', () => {
    const row = input('row', [3]);
    const column = input('column', [2, 1]);
    const [rowGradient, columnGradient] = differentiate(mul(mul(x, row), column), [row, column]);
    expect(rowGradient?.shape).toEqual([3]);
    expect(columnGradient?.shape).toEqual([2, 1]);
  });

  it('sums over a batch of unknown length', () => {
    const batch = input('batch', ['N', 3]);
    const row = input('row', [3]);
    expect(differentiate(mul(batch, row), [row])[0]?.shape).toEqual([3]);
  });

  it('makes nothing for what nobody asks for', () => {
    const weight = input('weight', [3, 4]);
    const [gradient] = differentiate(matMul(x, weight), [x]);
    expect(operatorsOf(gradient)).toEqual(['Expand', 'Transpose', 'MatMul']);
  });

  it('differentiates intermediate values', () => {
    const middle = neg(x);
    const [toMiddle, toInput] = differentiate(mul(middle, 3), [middle, x]);
    expect(toMiddle?.shape).toEqual([2, 3]);
    expect(operatorsOf(toInput)).toEqual(['Expand', 'Mul', 'Neg']);
  });

  it('passes by what has no gradient when another way leads back', () => {
    const mask = greater(x, 0);
    expect(() => differentiate(where(mask, x, 0), [x])).not.toThrow();
  });

  it('joins the gradients of slices of one vector', () => {
    const vector = input('vector', [10]);
    const part = (start: number, end: number): Value => slice(vector, [{ axis: 0, start, end }]);
    const product = mul(reshape(part(0, 4), [2, 2]), reshape(part(6, 10), [2, 2]));
    const [gradient] = differentiate(product, [vector]);
    expect(gradient?.shape).toEqual([10]);
    expect(operatorsOf(gradient)).toContain('Concat');
    expect(operatorsOf(gradient)).not.toContain('Pad');
  });

  it('adds the gradients of one slice that is taken twice before it joins them', () => {
    const vector = input('vector', [10]);
    const part = (start: number, end: number): Value => slice(vector, [{ axis: 0, start, end }]);
    const twice = mul(part(0, 5), part(0, 5));
    const [gradient] = differentiate(mul(twice, part(5, 10)), [vector]);
    expect(gradient?.shape).toEqual([10]);
    expect(operatorsOf(gradient).filter((op) => op === 'Add')).toHaveLength(1);
    expect(operatorsOf(gradient).at(-1)).toBe('Concat');
  });

  it('adds the gradients of slices that overlap', () => {
    const vector = input('vector', [6]);
    const part = (start: number): Value => slice(vector, [{ axis: 0, start, end: start + 4 }]);
    const [gradient] = differentiate(mul(part(0), part(2)), [vector]);
    expect(operatorsOf(gradient)).toContain('Add');
  });

  it('sums several outputs that were joined', () => {
    const [gradient] = differentiate(concat([reduceSum(x), reduceSum(neg(x))], 0), [x]);
    expect(gradient?.shape).toEqual([2, 3]);
  });
});

describe('what cannot be differentiated', () => {
  it('names the input that the output does not depend on', () => {
    expect(() => differentiate(neg(x), [input('unrelated', [1])])).toThrow(
      'differentiate: expected an output that depends smoothly on input unrelated',
    );
  });

  it('says so when the only way back is piecewise constant', () => {
    expect(() => differentiate(floor(x), [x])).toThrow(
      'differentiate: expected an output that depends smoothly on input x',
    );
  });

  it('names the operator that has no gradient', () => {
    const [iteration, condition, state] = [input('i', [], 'int64'), input('c', [], 'bool'), input('s', [2, 3])];
    const body = createBody(
      [iteration, condition, state],
      [
        { name: 'condition', value: condition },
        { name: 'state', value: neg(state) },
      ],
    );
    const [y] = apply('Loop', [scalarConstant(2, 'int64'), null, x], { body });
    expect(() => differentiate(mul(y, 2), [x])).toThrow(NotDifferentiableError);
    expect(() => differentiate(mul(y, 2), [x])).toThrow('Loop: has no gradient');
  });

  it('refuses gradients of statistics', () => {
    const images = input('images', [4, 2, 3, 3]);
    const channel = input('channel', [2]);
    const [, mean] = apply('BatchNormalization', [images, channel, channel, channel, channel], { training_mode: 1 });
    expect(() => differentiate(mean as Value, [images])).toThrow('BatchNormalization: has no gradient of its output 1');
  });

  it('asks no rule for the sake of a shape', () => {
    const rows = input('rows', ['N', 3]);
    const indices = expand(scalarConstant(1, 'int64'), shapeOf(reshape(rows, [-1])));
    // Its rule needs a fixed number of indices, and nothing but the indices depends on `rows`.
    const picked = gather(input('table', [4]), indices);
    const [gradient] = differentiate(mul(picked, reshape(rows, [-1])), [rows]);
    expect(gradient?.shape).toEqual(['N', 3]);
  });

  it('does not flow through indices', () => {
    const { indices } = topK(x, 2);
    expect(() => differentiate(apply('Cast', [indices], { to: 1 })[0], [x])).toThrow(
      'expected an output that depends smoothly on input x',
    );
  });
});

it('keeps constants of rules in the element type of the graph', () => {
  const wide = input('wide', [3], 'float64');
  const [gradient] = differentiate(mul(wide, mul(wide, 0.5)), [wide]);
  const constants = topologicalOrder(gradient === undefined ? [] : [gradient]).flatMap(({ inputs }) =>
    inputs.map((value) => constantTensor(value)?.dtype).filter((dtype) => dtype === 'float32'),
  );
  expect(gradient?.dtype).toBe('float64');
  expect(constants).toEqual([]);
});
