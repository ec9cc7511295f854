import { Violations } from '@parallax/config';
import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseMeasurements } from '../measurements/parse-measurements.ts';

const longestRequestId = 128;

/** Stores measurements, all or none. */
export function recordMeasurements(
  store: MeasurementStore,
): Handler<typeof MetricsServiceService, 'recordMeasurements'> {
  return async ({ measurements, requestId }) => {
    const violations = new Violations();
    const isShort = requestId.length <= longestRequestId;
    violations.expect(isShort, 'request_id', `at most ${longestRequestId} characters`, requestId);
    violations.throwIfAny();
    const ids = await store.record(parseMeasurements(measurements), requestId);
    return { ids: ids.map(BigInt) };
  };
}
