import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createJsonMethod, notFound, RpcError } from '@parallax/rpc';
import type { Handler } from 'hono';
import { answerOf } from '../upstream/upstream.ts';
import type { EncoderUpstream } from '../upstream/upstreams.ts';

/** `GET /encoders/:name`: an encoder of any deployment; they are asked in the order they are configured. */
export function getEncoder(deployments: readonly EncoderUpstream[]): Handler {
  const json = createJsonMethod(EncoderServiceService.getEncoder);
  return async (c) => {
    const request = json.parseRequest({ name: c.req.param('name') ?? '' });
    const silent: RpcError[] = [];
    for (const deployment of deployments) {
      try {
        const answer = deployment.client.getEncoder(request, { signal: c.req.raw.signal });
        return c.json(json.renderResponse(await answerOf(deployment, answer)));
      } catch (thrown) {
        if (!(thrown instanceof RpcError)) throw thrown;
        if (thrown.status === 'UNAVAILABLE') silent.push(thrown);
        else if (thrown.status !== 'NOT_FOUND') throw thrown;
      }
    }
    throw silent[0] ?? unknownEncoder(request.name, deployments);
  };
}

function unknownEncoder(encoder: string, deployments: readonly EncoderUpstream[]): RpcError {
  const asked = deployments.map(({ name, address }) => `${name} at ${address}`).join(', ');
  return notFound(`${encoder}: expected the name of an encoder, got one unknown to ${asked}`, {
    reason: 'ENCODER_NOT_FOUND',
    facts: { encoder },
  });
}
