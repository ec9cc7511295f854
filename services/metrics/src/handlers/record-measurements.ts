import { parseAll } from '@parallax/config';
import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { type Handler, parseRequestId } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseMeasurements } from '../measurements/parse-measurements.ts';

/** Stores measurements, all or none. */
export function recordMeasurements(store: MeasurementStore): Handler<MetricsServiceService, 'recordMeasurements'> {
  return async (request) => {
    const { measurements, requestId } = parseAll({
      measurements: () => parseMeasurements(request.measurements),
      requestId: () => parseRequestId(request.requestId),
    });
    const ids = await store.record(measurements, requestId);
    return { ids: ids.map(BigInt) };
  };
}
