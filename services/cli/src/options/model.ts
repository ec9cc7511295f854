import type { Command } from 'commander';
import { z } from 'zod';
import { parseNumber } from './fields.ts';

/** Numbers with commas between, each possibly a fraction. */
const numbers = (expected: string, isGood: (value: number) => boolean = () => true) =>
  z.string().transform((text, context) => {
    const values = text.split(',').map((part) => parseNumber(part.trim()) ?? Number.NaN);
    if (values.every((value) => Number.isFinite(value) && isGood(value))) return values;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

const mostPixels = 2 ** 14;
const isLength = (value: number) => Number.isInteger(value) && value >= 1 && value <= mostPixels;

/** What a user says of a model that is not ours. */
export const modelFields = {
  inputMean: numbers('numbers, one a channel, such as 0.49,0.48,0.45').default([]),
  inputStd: numbers('numbers greater than 0, one a channel, such as 0.25,0.24,0.26', (value) => value > 0).default([]),
  inputShape: numbers('channels, height and width, such as 3,32,32', isLength)
    .refine((lengths) => lengths.length === 3, 'channels, height and width, such as 3,32,32')
    .optional(),
  output: z.enum(['logits', 'features']).optional(),
  logitsTensor: z.string().min(1).optional(),
  featuresTensor: z.string().min(1).optional(),
};

/** Adds the options of {@link modelFields}. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--input-mean <a,b,c>', 'mean that the model wants taken off [0, 1] images, by channel')
    .option('--input-std <a,b,c>', 'deviation that it wants them divided by then')
    .option('--input-shape <c,h,w>', 'shape of an image, where the model leaves it open or takes it as one row')
    .option('--output <kind>', 'what the model gives out: logits or features; default: found out')
    .option('--logits-tensor <name>', 'the tensor of logits; default: found out')
    .option('--features-tensor <name>', 'the tensor of features; default: the input of the last linear layer');
}
