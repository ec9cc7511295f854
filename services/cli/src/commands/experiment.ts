import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { addExperimentCancel } from './experiment-cancel.ts';
import { addExperimentList } from './experiment-list.ts';
import { addExperimentRun } from './experiment-run.ts';
import { addExperimentWatch } from './experiment-watch.ts';

/** `parallax experiment …`. */
export function addExperiment(program: Command, shell: Shell): void {
  const experiment = program.command('experiment').description('run plans, list them, watch them, cancel them');
  addExperimentRun(experiment, shell);
  addExperimentList(experiment, shell);
  addExperimentWatch(experiment, shell);
  addExperimentCancel(experiment, shell);
}
