import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseFilter } from '../measurements/parse-filter.ts';
import { parsePage, renderPageToken } from '../page.ts';

/** One page of measurements, the newest first. */
export function listMeasurements(store: MeasurementStore): Handler<MetricsServiceService, 'listMeasurements'> {
  return async (request) => {
    const filter = parseFilter(request.filter);
    const { size, before } = parsePage(request);
    // One more than asked for tells whether there is a next page.
    const found = await store.list(filter, { size: size + 1, before });
    const measurements = found.slice(0, size);
    const last = measurements.at(-1);
    return { measurements, nextPageToken: found.length > size && last ? renderPageToken(last.id) : '' };
  };
}
