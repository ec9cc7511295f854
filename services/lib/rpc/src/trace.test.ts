import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTelemetry, withSpan } from '@parallax/telemetry';
import { expect, it } from 'vitest';
import { message, startEcho } from './testing/echo-service.ts';

const traceOf = (traceparent: string | undefined) => traceparent?.split('-')[1];

it('one trace runs through all services of a call', async () => {
  const collector = createHttpServer((request, response) => request.resume().on('end', () => response.end()));
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const telemetry = await startTelemetry({ service: 'test', otlpEndpoint: `http://127.0.0.1:${port}` });
  const seen: (string | undefined)[] = [];

  await using back = await startEcho({
    async *repeat(request, { metadata }) {
      seen.push(metadata.get('traceparent'));
      yield request;
    },
  });
  await using front = await startEcho({
    get: async (request, context) => {
      seen.push(context.metadata.get('traceparent'));
      for await (const answer of back.client.repeat(request, context)) return answer;
      return request;
    },
  });
  await withSpan('test', () => front.client.get(message()));
  await telemetry.shutdown();
  collector.close();

  expect(seen).toHaveLength(2);
  expect(traceOf(seen[0])).toMatch(/^[0-9a-f]{32}$/);
  expect(traceOf(seen[1])).toBe(traceOf(seen[0]));
  expect(seen[1]).not.toBe(seen[0]);
});
