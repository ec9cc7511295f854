import type { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Handler } from '@parallax/rpc';
import { experimentMessage } from '../experiments/experiment-message.ts';
import { asExperiment } from '../requests/as-experiment.ts';
import type { Service } from '../service.ts';

/** Asks an experiment, and the run it waits for, to stop. */
export function cancelExperiment({ runner, ledger }: Service): Handler<ExperimentServiceService, 'cancelExperiment'> {
  return async ({ id }) => {
    const run = await asExperiment(runner.cancel(id), id);
    return { experiment: experimentMessage(run, await ledger.read(id)) };
  };
}
