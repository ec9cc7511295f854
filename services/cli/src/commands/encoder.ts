import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { addEncoderImport } from './encoder-import.ts';
import { addEncoderList } from './encoder-list.ts';
import { addEncoderTrain } from './encoder-train.ts';

/** `parallax encoder …`. */
export function addEncoder(program: Command, shell: Shell): void {
  const encoder = program.command('encoder').description('train, import and list encoders');
  addEncoderTrain(encoder, shell);
  addEncoderImport(encoder, shell);
  addEncoderList(encoder, shell);
}
