import { writeFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { storeExampleImages } from './testing/example-images.ts';
import { startWorld } from './testing/start-world.ts';

const shape = 'shape=8x3x32x32';

async function png(response: Response) {
  expect(response.headers.get('content-type')).toBe('image/png');
  return decode(new Uint8Array(await response.arrayBuffer()));
}

describe('images', () => {
  it('are the pixels of the artifact', async () => {
    await using world = await startWorld();
    const digest = await world.artifacts.put(
      new Uint8Array(Float32Array.of(0, 1, 0.5, 0.25, 1, 0, 2, -1, 0.1, 0.2, 0.3, 0.4).buffer),
    );
    const response = await fetch(`${world.url}/api/v1/images/${digest}/0?shape=1x3x2x2`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const { width, height, channels, data } = await png(response);
    expect([width, height, channels]).toEqual([2, 2, 3]);
    expect([...data]).toEqual([0, 255, 26, 255, 0, 51, 128, 255, 77, 64, 0, 102]);
  });

  it('may be bytes, and grey', async () => {
    await using world = await startWorld();
    const digest = await world.artifacts.put(Uint8Array.of(1, 2, 3, 4, 250, 251, 252, 253));
    const response = await fetch(`${world.url}/api/v1/images/${digest}/1?shape=2x1x2x2&datatype=UINT8`);
    expect([...(await png(response)).data]).toEqual([250, 251, 252, 253]);
  });

  it('are kept by clients that have them', async () => {
    await using world = await startWorld();
    const { clean } = await storeExampleImages(world.artifacts);
    const url = `${world.url}/api/v1/images/${clean.digest}/0?${shape}`;
    const tag = (await fetch(url)).headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'If-None-Match': tag } })).status).toBe(304);
  });

  it('show the amplified difference of two', async () => {
    await using world = await startWorld();
    const { clean, adversarial } = await storeExampleImages(world.artifacts);
    const base = `${world.url}/api/v1/differences/${clean.digest}/${adversarial.digest}/3?${shape}`;
    const fixed = await png(await fetch(`${base}&gain=15.9375`));
    const fitted = await png(await fetch(base));
    expect([...fitted.data]).toEqual([...fixed.data]);
    expect(new Set(fixed.data).size).toBeLessThan(64);
    expect(Math.max(...fixed.data)).toBe(255);
    const same = await png(await fetch(`${world.url}/api/v1/differences/${clean.digest}/${clean.digest}/3?${shape}`));
    expect(new Set(same.data)).toEqual(new Set([128]));
  });

  const refused: readonly (readonly [string, number, string])[] = [
    ['images/DIGEST/8?shape=8x3x32x32', 400, 'index: expected 0 … 7'],
    ['images/DIGEST/-1?shape=8x3x32x32', 400, 'index: expected an integer'],
    ['images/DIGEST/0?shape=9x3x32x32', 400, 'shape: expected a shape of 98304 bytes'],
    ['images/DIGEST/0?shape=8x4x24x32', 400, 'shape: expected NxCxHxW'],
    ['images/DIGEST/0', 400, 'shape: expected a string, got nothing'],
    ['images/DIGEST/0?shape=8x3x32x32&datatype=FP16', 400, 'datatype: expected one of "FP32", "UINT8"'],
    ['images/DIGEST/0?shape=8x3x32x32&size=9', 400, 'size: expected no such field'],
    ['images/..%2F..%2Fdatabase%2Fbase/0?shape=8x3x32x32', 400, 'digest: expected 64 lower-case hexadecimal digits'],
    [`images/${'0'.repeat(64)}/0?shape=8x3x32x32`, 404, 'not found'],
    [`differences/DIGEST/${'0'.repeat(64)}/0?shape=8x3x32x32`, 404, 'not found'],
    ['differences/DIGEST/DIGEST/0?shape=8x3x32x32&gain=0', 400, 'gain: expected greater than 0'],
  ];

  it.each(refused)('refuse %s with %d', async (path, status, message) => {
    await using world = await startWorld();
    const { clean } = await storeExampleImages(world.artifacts);
    const response = await fetch(`${world.url}/api/v1/${path.replaceAll('DIGEST', clean.digest)}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });

  it('are refused when the artifact is damaged', async () => {
    await using world = await startWorld();
    const { clean } = await storeExampleImages(world.artifacts);
    const { digest } = clean;
    const file = `${world.config.home}/artifacts/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}`;
    await writeFile(file, new Uint8Array(8 * 3 * 32 * 32 * 4));
    const response = await fetch(`${world.url}/api/v1/images/${digest}/0?${shape}`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: 'DATA_LOSS', reason: 'ARTIFACT_CORRUPT' } });
  });
});
