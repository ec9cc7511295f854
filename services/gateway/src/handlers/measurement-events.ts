import { setTimeout as delay } from 'node:timers/promises';
import { MeasurementFilter } from '@parallax/proto/parallax/metrics/v1/measurement';
import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { createJsonMethod, RpcError } from '@parallax/rpc';
import { problem, type ServerEvent } from '../http/event-stream.ts';
import { streamOf, type Upstream } from '../upstream/upstream.ts';

const retryMs = 2_000;

/**
 * The measurements of an experiment as they are recorded, from the one after `afterId` on, without end. When the metrics
 * service falls silent, one `problem` says so, and the measurements go on where they stopped once it is back.
 */
export async function* measurementEvents(
  metrics: Upstream<typeof MetricsServiceService>,
  experimentId: string,
  afterId: bigint,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const json = createJsonMethod(MetricsServiceService.watchMeasurements);
  const filter = MeasurementFilter.create({ experimentId });
  let lastId = afterId;
  let told = false;
  for (;;) {
    try {
      const watch = metrics.client.watchMeasurements({ filter, afterId: lastId }, { signal });
      for await (const response of streamOf(metrics, watch)) {
        told = false;
        lastId = response.measurements.at(-1)?.id ?? lastId;
        yield { event: 'measurements', data: json.renderResponse(response), id: String(lastId) };
      }
    } catch (thrown) {
      if (!(thrown instanceof RpcError) || thrown.status !== 'UNAVAILABLE') throw thrown;
      if (!told) yield problem(thrown);
      told = true;
    }
    await delay(retryMs, undefined, { signal });
  }
}
