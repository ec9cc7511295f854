import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseExperimentFilter } from '../measurements/parse-filter.ts';
import { robustness } from '../queries.ts';

/** Robustness of features (Eq. 8, 10, 12, 14). */
export function getRobustness(store: MeasurementStore): Handler<MetricsServiceService, 'getRobustness'> {
  return async (request) => ({ features: await robustness(store, parseExperimentFilter(request)) });
}
