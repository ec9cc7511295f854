import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseExperimentFilter } from '../measurements/parse-filter.ts';
import { usefulness } from '../queries.ts';

/** Usefulness of features (Eq. 7, 9, 11, 13). */
export function getUsefulness(store: MeasurementStore): Handler<MetricsServiceService, 'getUsefulness'> {
  return async (request) => ({ features: await usefulness(store, parseExperimentFilter(request)) });
}
