import type { Command } from 'commander';
import { z } from 'zod';
import { collect, integer, names, positive, seed, settings } from '../options/fields.ts';

/** Most images a batch may have. */
const maxBatch = 4_096;
const maxSamples = 100_000;

/** Gives a command the options of the quickstart. */
export function addQuickstartOptions(command: Command): Command {
  return command
    .option('--dataset <name>', 'cifar10 or shapes; default: cifar10 where its files are found, else shapes')
    .option('--samples <n>', 'test images attacked', '200')
    .option('--train-samples <n>', 'training images used; default: all')
    .option('--test-samples <n>', 'test images used; default: all')
    .option('--attacks <a,b>', 'attacks run from each encoder', 'pgd,apgd-ce')
    .option('--eps <radius>', 'radius of the Linf ball, in pixels of [0,1]', '8/255')
    .option('--set <attack.option=value>', 'an option of an attack, such as pgd.steps=40; may be repeated', collect)
    .option('--recipe <option=value>', 'a setting of every training recipe, such as epochs=2; may be repeated', collect)
    .option('--seed <n>', 'seed of everything', '0')
    .option('--batch <n>', 'images worked on together; changes speed, never a verdict')
    .option('--out <file>', 'write all results as JSON');
}

/** The options of the quickstart as typed → checked. */
export const quickstartOptionsSchema = z.object({
  dataset: z.enum(['cifar10', 'shapes']).optional(),
  samples: integer(1, maxSamples),
  trainSamples: integer(1, maxSamples).optional(),
  testSamples: integer(1, maxSamples).optional(),
  attacks: names('attacks'),
  eps: positive('a radius greater than 0 and at most 1, such as 8/255', 1),
  set: settings().default([]),
  recipe: settings().default([]),
  seed: seed(),
  batch: integer(1, maxBatch).optional(),
  out: z.string().min(1).optional(),
});

/** What the quickstart is told. */
export type QuickstartOptions = z.output<typeof quickstartOptionsSchema>;
