import type { Command } from 'commander';
import { announce } from '../local/announce.ts';
import { addLocalOptions, localOptionsSchema } from '../local/options.ts';
import { paradigmNames } from '../options/paradigms.ts';
import { parseOptions } from '../options/parse-options.ts';
import { addQuickstartOptions, quickstartOptionsSchema } from '../quickstart/options.ts';
import { runQuickstart } from '../quickstart/run-quickstart.ts';
import { startLocalServices } from '../server.ts';
import type { Shell } from '../shell.ts';
import { untilInterrupted } from '../until-interrupted.ts';

/** `parallax start`: everything on this machine, then the quickstart, then the pages stay up. */
export function addStart(program: Command, shell: Shell): void {
  const command = program
    .command('start')
    .description('run all services on this machine, do the quickstart, and keep the pages up')
    .option('--exit', 'stop when the quickstart is done');
  addLocalOptions(addQuickstartOptions(command)).action(async (typed) => {
    const options = parseOptions(quickstartOptionsSchema, typed);
    await using services = await startLocalServices(parseOptions(localOptionsSchema, typed), shell);
    announce(services, shell.terminal);
    const experiment = services.addressOf('experiment');
    const encoders = paradigmNames.map((paradigm) => services.addressOf(`encoder-${paradigm}`));
    await runQuickstart(options, { experiment, encoders }, shell);
    if (typed.exit === true) return;
    shell.terminal.note('\nThe pages stay up until Ctrl-C.');
    await untilInterrupted(shell.signal);
  });
}
