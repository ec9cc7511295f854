import { randomUUID } from 'node:crypto';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createClient } from '@parallax/rpc';
import { writeReport } from '../results/report.ts';
import { printResults } from '../results/tables.ts';
import { followExperiment } from '../runs/follow-experiment.ts';
import type { Shell } from '../shell.ts';
import { chooseDataset } from './choose-dataset.ts';
import type { QuickstartOptions } from './options.ts';
import { quickstartPlan } from './plan.ts';

/**
 * The main job on a small scale, by the experiment service at `address`: trains four encoders, probes, attacks and
 * transfers; prints the tables; writes the report where asked.
 */
export async function runQuickstart(options: QuickstartOptions, address: string, shell: Shell): Promise<void> {
  const { dataDir } = await shell.config();
  const { source, reason } = await chooseDataset(options.dataset, dataDir);
  shell.terminal.note(`dataset: ${source} (${reason})`);
  const plan = quickstartPlan(options, source);
  using client = createClient(ExperimentServiceService, address);
  const { experiment } = await client.createExperiment({ plan, requestId: randomUUID() }, { signal: shell.signal });
  const done = await followExperiment(client, experiment?.run?.id ?? '', shell);
  printResults(done, shell.terminal);
  if (options.out !== undefined) await writeReport(done, options.out, shell.terminal);
}
