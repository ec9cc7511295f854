import type { Command } from 'commander';
import { announce } from '../local/announce.ts';
import { addLocalOptions, localOptionsSchema } from '../local/options.ts';
import { parseOptions } from '../options/parse-options.ts';
import { startLocalServices } from '../server.ts';
import type { Shell } from '../shell.ts';
import { untilInterrupted } from '../until-interrupted.ts';

/** `parallax up`: the services, in one process, until interrupted. */
export function addUp(program: Command, shell: Shell): void {
  const command = program.command('up').description('run the services on this machine, in one process');
  addLocalOptions(command).action(async (typed) => {
    await using services = await startLocalServices(parseOptions(localOptionsSchema, typed), shell);
    announce(services, shell.terminal);
    shell.terminal.note('\nRunning until Ctrl-C.');
    await untilInterrupted(shell.signal);
  });
}
