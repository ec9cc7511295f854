import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { addEnginesDoctor } from './engines-doctor.ts';

/** `parallax engines …`. */
export function addEngines(program: Command, shell: Shell): void {
  const engines = program.command('engines').description('what graphs can be run by on this machine');
  addEnginesDoctor(engines, shell);
}
