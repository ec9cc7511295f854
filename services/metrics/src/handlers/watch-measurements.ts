import { Violations } from '@parallax/config';
import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseFilter } from '../measurements/parse-filter.ts';

/** Sends measurements as they are recorded, in the order of their ids. */
export function watchMeasurements(store: MeasurementStore): Handler<MetricsServiceService, 'watchMeasurements'> {
  return async function* watch({ filter, afterId }, { signal }) {
    const violations = new Violations();
    const hasId = afterId >= 0n && afterId <= BigInt(Number.MAX_SAFE_INTEGER);
    violations.expect(hasId, 'after_id', 'an integer ≥ 0', afterId);
    violations.throwIfAny();
    for await (const measurements of store.watch(parseFilter(filter), Number(afterId), signal)) yield { measurements };
  };
}
