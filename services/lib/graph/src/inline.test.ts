import { describe, expect, it } from 'vitest';
import { apply } from './apply.ts';
import { add, mul, neg } from './build.ts';
import { createBody, createGraph, freeInputs } from './graph.ts';
import { inline } from './inline.ts';
import { input, scalarConstant, vector } from './value.ts';

const images = input('images', ['N', 3]);
const scale = input('scale', [3]);
const graph = createGraph([images, scale], { features: mul(images, scale), same: images });

describe('inline', () => {
  it('computes the outputs of the graph from other values', () => {
    const given = neg(input('raw', ['N', 3]));
    const { features, same } = inline(graph, { images: given, scale: vector([1, 2, 3]) });
    expect(features?.shape).toEqual(['N', 3]);
    expect(same).toBe(given);
    expect(freeInputs(features === undefined ? [] : [features]).map(({ source }) => source)).toEqual([
      { kind: 'input', name: 'raw' },
    ]);
  });

  it('infers shapes anew', () => {
    const { features } = inline(graph, { images: input('eight', [8, 3]), scale });
    expect(features?.shape).toEqual([8, 3]);
  });

  it('leaves alone what does not change', () => {
    const fixed = neg(vector([1]));
    const part = createGraph([scale], { fixed, y: scale });
    expect(inline(part, { scale: vector([1, 2, 3]) })['fixed']).toBe(fixed);
  });

  it('goes into loops, and gives their states the new shapes', () => {
    const [iteration, condition, state] = [input('i', [], 'int64'), input('c', [], 'bool'), input('s', ['N', 3])];
    const body = createBody(
      [iteration, condition, state],
      [
        { name: 'condition', value: condition },
        { name: 'state', value: add(mul(state, scale), images) },
      ],
    );
    const [y] = apply('Loop', [scalarConstant(2, 'int64'), null, images], { body });
    const looped = createGraph([images, scale], { y });
    const [eight, row] = [input('eight', [8, 3]), input('row', [3])];
    const { y: inlined } = inline(looped, { images: eight, scale: row });
    expect(inlined?.shape).toEqual([8, 3]);
    expect(new Set(freeInputs(inlined === undefined ? [] : [inlined]))).toEqual(new Set([eight, row]));
  });

  it.each([
    ['nothing', { images }, 'inline: input scale: expected float32 [3], got nothing'],
    [
      'another type',
      { images, scale: input('s', [3], 'int64') },
      'inline: input scale: expected float32 [3], got int64 [3]',
    ],
    [
      'another length',
      { images, scale: input('s', [4]) },
      'inline: input scale: expected float32 [3], got float32 [4]',
    ],
    [
      'another rank',
      { images: input('i', [2, 2, 3]), scale },
      'inline: input images: expected float32 [N, 3], got float32 [2, 2, 3]',
    ],
  ])('refuses %s', (_, args, message) => {
    expect(() => inline(graph, args)).toThrow(message);
  });

  it('reports an operator that the new shapes do not fit', () => {
    const other = input('other', ['N', 3]);
    const pairs = createGraph([images, other], { y: add(images, other) });
    expect(() => inline(pairs, { images: input('eight', [8, 3]), other })).toThrow(
      'Add: expected shapes that broadcast, got [8, 3] and [N, 3]',
    );
  });
});
