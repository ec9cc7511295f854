import type { Command } from 'commander';
import { parseOptions } from '../options/parse-options.ts';
import { addQuickstartOptions, quickstartOptionsSchema } from '../quickstart/options.ts';
import { runQuickstart } from '../quickstart/run-quickstart.ts';
import type { Shell } from '../shell.ts';

/** `parallax quickstart`: the main job on running services. */
export function addQuickstart(program: Command, shell: Shell): void {
  const command = program
    .command('quickstart')
    .description('train four encoders, attack each, and show who falls for whose adversarial examples');
  addQuickstartOptions(command).action(async (typed) => {
    const options = parseOptions(quickstartOptionsSchema, typed);
    const { experiment, encoders } = await shell.config();
    await runQuickstart(options, { experiment, encoders: [...encoders.values()] }, shell);
  });
}
