import type { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Handler } from '@parallax/rpc';
import { experimentMessage } from '../experiments/experiment-message.ts';
import { asExperiment } from '../requests/as-experiment.ts';
import type { Service } from '../service.ts';

/** Returns an experiment as it stands. */
export function getExperiment({ runner, ledger }: Service): Handler<ExperimentServiceService, 'getExperiment'> {
  return async ({ id }) => {
    const run = await asExperiment(runner.get(id), id);
    return { experiment: experimentMessage(run, await ledger.read(id)) };
  };
}
