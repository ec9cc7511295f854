import type { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Handler } from '@parallax/rpc';
import { statesOf } from '@parallax/workflow';
import type { Findings } from '../experiments/experiment-ledger.ts';
import { experimentMessage } from '../experiments/experiment-message.ts';
import type { Service } from '../service.ts';

/** Returns one page of experiments, the newest first. */
export function listExperiments({ runner, ledger }: Service): Handler<ExperimentServiceService, 'listExperiments'> {
  return async ({ pageSize, pageToken, state }) => {
    const { runs, nextPageToken } = await runner.list({ pageSize, pageToken, states: statesOf(state) });
    const experiments = await Promise.all(
      runs.map(async (run) => experimentMessage(run, outline(await ledger.read(run.id)))),
    );
    return { experiments, nextPageToken };
  };
}

/** Without what would make a page of many experiments heavy. */
function outline({ progress, result }: Findings): Findings {
  return { progress, result: { ...result, cells: [], strips: [] } };
}
