import type { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseExperimentFilter } from '../measurements/parse-filter.ts';
import { trajectories } from '../queries.ts';

/** Loss trajectories (paper Fig. 2). */
export function getLossTrajectory(store: MeasurementStore): Handler<MetricsServiceService, 'getLossTrajectory'> {
  return async (request) => {
    const found = await trajectories(store, parseExperimentFilter(request));
    const { observedObjective } = request;
    return {
      trajectories: found.filter((each) => observedObjective === '' || each.observedObjective === observedObjective),
    };
  };
}
