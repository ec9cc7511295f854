import { describe, expect, it } from 'vitest';
import { add, div, floor, mul, pow, reduceSum, round, sub, withGradientOf } from './build.ts';
import { differentiate } from './differentiate.ts';
import { forgetSurrogates } from './forget-surrogates.ts';
import { createGraph } from './graph.ts';
import { inline } from './inline.ts';
import { decodeModel } from './onnx/decode.ts';
import { encodeModel } from './onnx/encode.ts';
import { importModel } from './onnx/import/import-model.ts';
import { decodeMessage, encodeMessage, type Message } from './onnx/wire.ts';
import { topologicalOrder } from './order.ts';
import { simplify } from './simplify.ts';
import { input, type Value, vector } from './value.ts';

const x = input('x', ['N', 3]);
const coarse = (value: Value): Value => div(round(mul(value, 4)), 4);

function opsOf(...values: readonly Value[]): readonly string[] {
  return topologicalOrder(values).map(({ op }) => op);
}

const own = 'parallax.WithGradientOf';

describe('a value with the gradient of another', () => {
  it.each([
    ['another shape', () => withGradientOf(x, reduceSum(x)), `${own}: surrogate: expected [N, 3], got [1, 1]`],
    [
      'another element type',
      () => withGradientOf(x, input('d', ['N', 3], 'float64')),
      `${own}: expected operands of one element type, got float32 and float64`,
    ],
  ])('refuses a surrogate of %s', (_, build, message) => {
    expect(build).toThrow(message);
  });

  it('has a gradient where the value alone has none', () => {
    expect(() => differentiate(floor(x), [x])).toThrow('smoothly');
    const [gradient] = differentiate(withGradientOf(floor(x), x), [x]);
    expect(gradient?.shape).toEqual(['N', 3]);
  });

  it('has none where the surrogate depends on nothing', () => {
    const fixed = add(mul(round(x), 0), vector([1, 2, 3]));
    expect(() => differentiate(withGradientOf(x, fixed), [x])).toThrow('smoothly');
  });

  it('does not go through the value', () => {
    const [gradient = x] = differentiate(withGradientOf(pow(x, 5), mul(x, 3)), [x], x);
    expect(opsOf(gradient)).not.toContain('Pow');
  });

  it('is simplified, inlined and kept apart from other gradients', () => {
    const y = add(withGradientOf(coarse(x), x), withGradientOf(coarse(x), mul(x, 2)));
    const graph = simplify(createGraph([x], { y }));
    expect(opsOf(...graph.outputs.map(({ value }) => value)).filter((op) => op === own)).toHaveLength(2);
    const { y: inlined = x } = inline(graph, { x: mul(x, 3) });
    expect(opsOf(inlined).filter((op) => op === own)).toHaveLength(2);
    expect(() => differentiate(inlined, [x])).not.toThrow();
  });

  it('goes where it says nothing, and where nobody asks for gradients any more', () => {
    const graph = createGraph([x], { y: withGradientOf(x, x), z: withGradientOf(coarse(x), pow(x, 3)) });
    expect(opsOf(...simplify(graph).outputs.map(({ value }) => value))).toContain(own);
    expect(simplify(graph).outputs[0]?.value).toBe(x);
    expect(opsOf(...forgetSurrogates(graph).outputs.map(({ value }) => value))).toEqual(['Mul', 'Round', 'Div']);
  });
});

describe('in a file', () => {
  const graph = createGraph([x], { y: withGradientOf(coarse(x), sub(x, 1)) });
  const message = decodeMessage('ModelProto', encodeModel(graph));

  it('is a function that any runtime can run', () => {
    expect(message.opsetImport?.map(({ domain = '' }) => domain)).toEqual(['', 'parallax']);
    expect(message.functions).toMatchObject([
      { name: 'WithGradientOf', domain: 'parallax', node: [{ opType: 'Identity' }] },
    ]);
  });

  it('is not named where there is none', () => {
    const plain = decodeMessage('ModelProto', encodeModel(createGraph([x], { y: coarse(x) })));
    expect(plain.functions).toBeUndefined();
    expect(plain.opsetImport).toHaveLength(1);
  });

  it('keeps its gradient when it is read', () => {
    const [output] = decodeModel(encodeModel(graph)).outputs;
    expect(opsOf(output?.value ?? x)).toContain(own);
  });

  it('keeps its gradient when it is imported, and says so', () => {
    const imported = importModel(encodeModel(graph));
    expect(opsOf(...imported.graph.outputs.map(({ value }) => value))).toContain(own);
    expect(imported.notes.join()).toContain('The file itself names the gradients of some values');
  });

  it('is what the file says where the file means another function by the name', () => {
    const node = [{ opType: 'Neg', input: ['value'], output: ['y'] }];
    const functions = (message.functions ?? []).map((each): Message<'FunctionProto'> => ({ ...each, node }));
    const imported = importModel(encodeMessage('ModelProto', { ...message, functions }));
    expect(opsOf(...imported.graph.outputs.map(({ value }) => value))).toEqual(['Mul', 'Round', 'Div', 'Neg']);
  });
});
