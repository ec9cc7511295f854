import type { JsonValue } from '@bufbuild/protobuf';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createJsonMethod, internal, rpcErrorFrom } from '@parallax/rpc';
import type { Logger } from '@parallax/telemetry';
import type { Handler } from 'hono';
import { eventStream, problem, type ServerEvent } from '../http/event-stream.ts';
import { streamOf } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { measurementEvents } from './measurement-events.ts';

/** What watching needs. */
export interface WatchDependencies {
  readonly upstreams: Upstreams;
  readonly logger: Logger;
  /** Aborted when the gateway stops. */
  readonly closing: AbortSignal;
}

/**
 * `GET /experiments/:id/events`: an experiment as it happens, as server-sent events. `snapshot`, `progress`, `encoder`,
 * `rawPixels`, `attack`, `cell` and `strip` carry what WatchExperiment sends under that name; `measurements` carries
 * what the metrics service records meanwhile, all of it, or what comes after the `Last-Event-ID` given. The stream ends
 * with `end` when the experiment has, with `problem` when the experiment service falls silent; a `problem` in between
 * says that measurements are missing.
 */
export function watchExperiment({ upstreams: { experiment, metrics }, logger, closing }: WatchDependencies): Handler {
  const json = createJsonMethod(ExperimentServiceService.watchExperiment);
  return async (c) => {
    const request = json.parseRequest({ id: c.req.param('id') ?? '' });
    const stop = new AbortController();
    const stopped = AbortSignal.any([stop.signal, c.req.raw.signal, closing]);
    const watch = streamOf(experiment, experiment.client.watchExperiment(request, { signal: stopped }));
    // Awaited before the answer begins: an unknown experiment is still a plain 404.
    const first = await watch.next();
    if (first.done === true) throw internal('expected a snapshot of the experiment, got nothing');
    return eventStream(c, closing, async (send, signal) => {
      signal.addEventListener('abort', () => stop.abort(), { once: true });
      const after = parseEventId(c.req.header('last-event-id'));
      const measurements = measurementEvents(metrics, request.id, after, stopped);
      const relayed = relay(measurements, send).catch((thrown: unknown) => {
        if (stopped.aborted) return;
        logger.warn('measurements cannot be watched', { experiment: request.id, error: thrown });
        return send(problem(rpcErrorFrom(thrown)));
      });
      try {
        await send(eventOf(json.renderResponse(first.value)));
        for await (const response of watch) await send(eventOf(json.renderResponse(response)));
      } finally {
        stop.abort();
        await relayed;
      }
    });
  };
}

async function relay(events: AsyncIterable<ServerEvent>, send: (event: ServerEvent) => Promise<void>): Promise<void> {
  for await (const event of events) await send(event);
}

/** A response holds one event, under its name. */
function eventOf(response: JsonValue): ServerEvent {
  const [[event, data] = ['unknown', null]] = Object.entries(Object(response));
  return { event, data };
}

function parseEventId(text: string | undefined): bigint {
  return text !== undefined && /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}
