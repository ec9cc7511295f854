import type { ArtifactStore } from '@parallax/store';
import type { Handler } from 'hono';
import { immutableAnswer } from '../http/immutable.ts';
import { amplifyDifference } from '../images/amplify-difference.ts';
import { parseDifferenceQuery } from '../images/parse-image-query.ts';
import { renderPng } from '../images/render-png.ts';
import { loadImage } from '../images/tensor-images.ts';

/**
 * `GET /differences/:from/:to/:index?shape=NxCxHxW&datatype=FP32&gain=16`: the amplified change between two images of
 * equal index, in two batches of equal shape, as PNG; grey means unchanged. Without a gain each image is amplified until
 * its largest change is black or white.
 */
export function difference(artifacts: ArtifactStore): Handler {
  return async (c) => {
    const { from = '', to = '', index = '' } = c.req.param() as Record<string, string>;
    const query = parseDifferenceQuery({ ...c.req.query(), index });
    return immutableAnswer(c, 'image/png', async () => {
      const before = await loadImage(artifacts, { ...query, digest: from }, query.index);
      const after = await loadImage(artifacts, { ...query, digest: to }, query.index);
      return renderPng(amplifyDifference(before, after, query.gain));
    });
  };
}
