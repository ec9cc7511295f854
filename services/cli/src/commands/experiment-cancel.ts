import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import type { Shell } from '../shell.ts';

/** `parallax experiment cancel`: asks an experiment to stop. */
export function addExperimentCancel(experiment: Command, shell: Shell): void {
  experiment
    .command('cancel')
    .description('ask an experiment, and the runs it has started, to stop')
    .argument('<id>', 'the experiment')
    .action(async (id: string) => {
      const config = await shell.config();
      using client = createClient(ExperimentServiceService, config.experiment);
      await client.cancelExperiment({ id }, { signal: shell.signal });
      shell.terminal.print(`experiment ${id}: cancelling`);
    });
}
