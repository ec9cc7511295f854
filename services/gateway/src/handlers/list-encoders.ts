import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createJsonMethod, rpcErrorFrom } from '@parallax/rpc';
import type { Handler } from 'hono';
import { renderError } from '../http/render-error.ts';
import { answerOf } from '../upstream/upstream.ts';
import type { EncoderUpstream } from '../upstream/upstreams.ts';

const pageSize = 1000;

/**
 * `GET /encoders`: the encoders of all deployments, in the order they are configured. A deployment that cannot answer
 * is listed under `unavailable` with its error, so that nobody takes a silence for an absence; when none can answer,
 * the answer is that error.
 */
export function listEncoders(deployments: readonly EncoderUpstream[]): Handler {
  const json = createJsonMethod(EncoderServiceService.listEncoders);
  return async (c) => {
    const { signal } = c.req.raw;
    const results = await Promise.allSettled(deployments.map((deployment) => encodersOf(deployment, signal)));
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [rpcErrorFrom(result.reason)] : []));
    const [first] = errors;
    if (first !== undefined && errors.length === deployments.length) throw first;
    const encoders = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    const answer = json.renderResponse({ encoders, nextPageToken: '' });
    return c.json({ ...Object(answer), unavailable: errors.map((error) => renderError(error).error) });
  };
}

async function encodersOf(deployment: EncoderUpstream, signal: AbortSignal) {
  const encoders = [];
  for (let pageToken = ''; ; ) {
    const page = await answerOf(deployment, deployment.client.listEncoders({ pageSize, pageToken }, { signal }));
    encoders.push(...page.encoders);
    pageToken = page.nextPageToken;
    if (pageToken === '') return encoders;
  }
}
