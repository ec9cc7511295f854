import type { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Handler } from '@parallax/rpc';
import { isTerminal } from '@parallax/workflow';
import { changes } from '../experiments/changes.ts';
import { experimentMessage } from '../experiments/experiment-message.ts';
import { asExperiment } from '../requests/as-experiment.ts';
import type { Service } from '../service.ts';

/** Sends an experiment as it stands, then what changes, and a last snapshot when it has ended. */
export function watchExperiment({ runner, ledger }: Service): Handler<ExperimentServiceService, 'watchExperiment'> {
  return async function* ({ id }, { signal }) {
    await asExperiment(runner.get(id), id);
    let seen: Experiment | undefined;
    for await (const run of runner.watch(id, signal)) {
      const now = experimentMessage(run, await ledger.read(id));
      if (seen === undefined || hasTurned(seen, now) || isTerminal(run.state)) {
        yield { event: { $case: 'snapshot', value: now } };
      } else {
        for (const event of changes(seen, now)) yield { event };
      }
      seen = now;
    }
  };
}

/** Whether the state has changed or a stage has ended since: then everything is sent anew. */
function hasTurned(before: Experiment, after: Experiment): boolean {
  return before.run?.state !== after.run?.state || before.result?.timings.length !== after.result?.timings.length;
}
