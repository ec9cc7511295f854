import { randomUUID } from 'node:crypto';
import type { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Plan } from '@parallax/proto/parallax/experiment/v1/plan';
import { createClient, RpcError } from '@parallax/rpc';
import { writeReport } from '../results/report.ts';
import { printResults } from '../results/tables.ts';
import { followExperiment } from '../runs/follow-experiment.ts';
import type { Shell } from '../shell.ts';
import { chooseDataset } from './choose-dataset.ts';
import { forgetEncoders } from './forget-encoders.ts';
import type { QuickstartOptions } from './options.ts';
import { quickstartPlan } from './plan.ts';

/** The services the quickstart calls. */
export interface QuickstartServices {
  /** Address of the experiment service. */
  readonly experiment: string;
  /** Addresses of the encoder services. */
  readonly encoders: readonly string[];
}

/**
 * The main job on a small scale: trains four encoders, probes, attacks and transfers; prints the tables; writes the
 * report where asked.
 */
export async function runQuickstart(
  options: QuickstartOptions,
  services: QuickstartServices,
  shell: Shell,
): Promise<void> {
  const { dataDir } = await shell.config();
  const { source, reason } = await chooseDataset(options.dataset, dataDir);
  shell.terminal.note(`dataset: ${source} (${reason})`);
  const done = await carryOut(quickstartPlan(options, source), services, shell);
  printResults(done, shell.terminal);
  if (options.out !== undefined) await writeReport(done, options.out, shell.terminal);
}

/** Carries out the plan. Its encoders' names are its own: if an older version trained others under them, those give way. */
async function carryOut(plan: Plan, services: QuickstartServices, shell: Shell): Promise<Experiment> {
  try {
    return await runPlan(plan, services, shell);
  } catch (thrown) {
    if (!(thrown instanceof RpcError) || thrown.reason !== 'NAME_TAKEN') throw thrown;
    shell.terminal.note('encoders of another version have the names needed: they are replaced');
    const names = plan.encoders.map(({ name }) => name);
    await forgetEncoders(services.encoders, names);
    return runPlan(plan, services, shell);
  }
}

async function runPlan(plan: Plan, { experiment: address }: QuickstartServices, shell: Shell): Promise<Experiment> {
  using client = createClient(ExperimentServiceService, address);
  const { experiment } = await client.createExperiment({ plan, requestId: randomUUID() }, { signal: shell.signal });
  return await followExperiment(client, experiment?.run?.id ?? '', shell);
}
