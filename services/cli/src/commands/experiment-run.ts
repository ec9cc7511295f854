import { randomUUID } from 'node:crypto';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { loadPlan } from '../plan/load-plan.ts';
import { writeReport } from '../results/report.ts';
import { printResults } from '../results/tables.ts';
import { followExperiment } from '../runs/follow-experiment.ts';
import type { Shell } from '../shell.ts';

/** `parallax experiment run`: carries out a plan. */
export function addExperimentRun(experiment: Command, shell: Shell): void {
  experiment
    .command('run')
    .description('carry out a plan; Ctrl-C cancels it')
    .argument('<plan.yaml>', 'a parallax.experiment.v1.Plan in YAML or JSON, with the names of the contract')
    .option('--out <file>', 'write all results as JSON')
    .action(async (file: string, { out }: { readonly out?: string }) => {
      const plan = await loadPlan(file);
      const config = await shell.config();
      using client = createClient(ExperimentServiceService, config.experiment);
      const request = { plan, requestId: randomUUID() };
      const response = await client.createExperiment(request, { signal: shell.signal });
      const id = response.experiment?.run?.id ?? '';
      shell.terminal.note(`experiment ${id}`);
      const done = await followExperiment(client, id, shell);
      printResults(done, shell.terminal);
      if (out !== undefined) await writeReport(done, out, shell.terminal);
    });
}
