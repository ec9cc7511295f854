import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { printResults } from '../results/tables.ts';
import { watchExperiment } from '../runs/follow-experiment.ts';
import type { Shell } from '../shell.ts';

/** `parallax experiment watch`: follows an experiment; leaving does not stop it. */
export function addExperimentWatch(experiment: Command, shell: Shell): void {
  experiment
    .command('watch')
    .description('follow an experiment until it ends; Ctrl-C leaves it running')
    .argument('<id>', 'the experiment')
    .action(async (id: string) => {
      const config = await shell.config();
      using client = createClient(ExperimentServiceService, config.experiment);
      printResults(await watchExperiment(client, id, shell), shell.terminal);
    });
}
