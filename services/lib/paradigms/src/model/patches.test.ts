import { constant, type Value } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compute } from '../testing/compute.ts';
import { patchify, patchMap, unpatchify, unpatchMap } from './patches.ts';

const [channels, side, patch] = [3, 4, 2];
const pixels = Array.from({ length: 2 * channels * side * side }, (_, index) => index);
const images = constant(float32([2, channels, side, side], pixels));
/** The first image's patch in the second column of the first row, by (channel, row, column). */
const second = [2, 3, 6, 7, 18, 19, 22, 23, 34, 35, 38, 39];

let engine: Engine;
beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});
afterAll(() => engine.close());

const numbers = async (value: Value): Promise<readonly number[]> =>
  toNumbers((await compute(engine, { value }))['value'] ?? float32([0], []));

it('orders patches by rows and their pixels by channel, row, column', async () => {
  expect((await numbers(patchify(images, patch))).slice(12, 24)).toEqual(second);
});

it('makes the pixels of a patch the channels of a place', async () => {
  const map = await numbers(patchMap(images, patch));
  expect(second.map((_, channel) => map[channel * 4 + 1])).toEqual(second);
});

it('puts patches back together', async () => {
  expect(await numbers(unpatchify(patchify(images, patch), patch))).toEqual(pixels);
  expect(await numbers(unpatchMap(patchMap(images, patch), patch))).toEqual(pixels);
});
