import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { addEncoderList } from './encoder-list.ts';
import { addEncoderTrain } from './encoder-train.ts';

/** `parallax encoder …`. */
export function addEncoder(program: Command, shell: Shell): void {
  const encoder = program.command('encoder').description('train encoders and list them');
  addEncoderTrain(encoder, shell);
  addEncoderList(encoder, shell);
}
