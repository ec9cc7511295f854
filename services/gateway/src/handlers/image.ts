import type { ArtifactStore } from '@parallax/store';
import type { Handler } from 'hono';
import { immutableAnswer } from '../http/immutable.ts';
import { parseImageQuery } from '../images/parse-image-query.ts';
import { renderPng } from '../images/render-png.ts';
import { loadImage } from '../images/tensor-images.ts';

/** `GET /images/:digest/:index?shape=NxCxHxW&datatype=FP32`: one image of a batch in the artifact store, as PNG. */
export function image(artifacts: ArtifactStore): Handler {
  return async (c) => {
    const { digest = '', index = '' } = c.req.param() as Record<string, string>;
    const query = parseImageQuery({ ...c.req.query(), index });
    return immutableAnswer(c, 'image/png', async () =>
      renderPng(await loadImage(artifacts, { ...query, digest }, query.index)),
    );
  };
}
