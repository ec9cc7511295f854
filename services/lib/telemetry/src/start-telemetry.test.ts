import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createCounter } from './metering.ts';
import { extractTraceContext, injectTraceContext } from './propagation.ts';
import { startTelemetry } from './start-telemetry.ts';
import { withSpan } from './tracing.ts';

it('costs nothing and carries nothing without a collector', async () => {
  await using _telemetry = await startTelemetry({ service: 'test' });
  const headers = await withSpan('work', async () => injectTraceContext());
  expect(headers).toEqual({});
});

it('sends spans and metrics to the collector, and the trace to the next process', async () => {
  const paths = new Set<string>();
  const collector = createServer((request, response) => {
    paths.add(request.url ?? '');
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const telemetry = await startTelemetry({ service: 'test', otlpEndpoint: `http://127.0.0.1:${port}/` });

  const caller = await withSpan('caller', async () => injectTraceContext());
  expect(caller['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const parent = extractTraceContext((name) => caller[name]);
  const callee = await withSpan('callee', async () => injectTraceContext(), { parent });
  expect(callee['traceparent']?.split('-')[1]).toBe(caller['traceparent']?.split('-')[1]);
  await expect(withSpan('failing', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  createCounter('parallax.test', '{call}', 'Calls.').add(1);

  await telemetry.shutdown();
  collector.close();
  expect(paths).toEqual(new Set(['/v1/traces', '/v1/metrics']));
});
