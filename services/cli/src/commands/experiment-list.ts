import { RunState } from '@parallax/proto/parallax/common/v1/run';
import type { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { allPages } from '../runs/all-pages.ts';
import type { Shell } from '../shell.ts';
import { formatTable } from '../terminal/table.ts';

/** `parallax experiment list`: experiments, newest first. */
export function addExperimentList(experiment: Command, shell: Shell): void {
  experiment
    .command('list')
    .description('list experiments, newest first')
    .action(async () => {
      const config = await shell.config();
      using client = createClient(ExperimentServiceService, config.experiment);
      const all = await allPages(async (pageToken) => {
        const request = { pageSize: 0, pageToken, state: RunState.UNSPECIFIED };
        const { experiments, nextPageToken } = await client.listExperiments(request, { signal: shell.signal });
        return { items: experiments, nextPageToken };
      });
      shell.terminal.print(all.length === 0 ? 'no experiments yet: parallax quickstart --help' : experimentTable(all));
    });
}

const states: Readonly<Record<number, string>> = {
  [RunState.QUEUED]: 'queued',
  [RunState.RUNNING]: 'running',
  [RunState.SUCCEEDED]: 'succeeded',
  [RunState.FAILED]: 'failed',
  [RunState.CANCELLED]: 'cancelled',
};

function experimentTable(experiments: readonly Experiment[]): string {
  const columns = [{ heading: 'experiment' }, { heading: 'state' }, { heading: 'created' }, { heading: 'title' }];
  const rows = experiments.map(({ run, plan }) => [
    run?.id ?? '',
    states[run?.state ?? RunState.UNSPECIFIED] ?? '',
    run?.createTime?.toISOString() ?? '',
    plan?.title ?? '',
  ]);
  return formatTable(columns, rows);
}
