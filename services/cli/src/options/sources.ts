import { InputError } from '@parallax/config';
import { AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { Placement } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Objective } from '@parallax/proto/parallax/objective/v1/objective';
import type { Command } from 'commander';
import { z } from 'zod';
import { names, positives } from './fields.ts';

const placements = { near: Placement.NEAR, far: Placement.FAR } as const;
const placementNames = Object.keys(placements) as (keyof typeof placements)[];

/** The head of a list that is the encoder's own. */
const own = 'own';

/** Gives a command the options that say which encoders are attacked together, and from where. */
export function addSourceOptions(command: Command): Command {
  return command
    .requiredOption('--encoder <a,b>', 'encoders attacked; several together: an image is broken when all are wrong')
    .option('--weight <x,y>', 'what part each has in the sum that is increased; default: the same')
    .option(
      '--head <digest,…>',
      `heads that judge, fitted by \`parallax probe\`, one an encoder, or ${own}; default: the encoders’ own`,
    )
    .option(
      '--placement <where>',
      'near: next to the weights; far: in the attack service. Changes speed, never an image. Default: near for one encoder',
    );
}

/** The options of `addSourceOptions`, as typed → checked. */
export const sourceFields = {
  encoder: names('encoders'),
  weight: positives('weights greater than 0, one an encoder, such as 1,0.5').optional(),
  head: z
    .string()
    .transform((text) => text.split(','))
    .optional(),
  placement: z.enum(placementNames).optional(),
};

const sourceSchema = z.object(sourceFields);

/** Who is attacked. */
export type SourceOptions = z.output<typeof sourceSchema>;

/** The encoders as they are sent. @throws InputError for other numbers of heads or weights than of encoders. */
export function sourcesOf(
  { encoder, weight, head }: SourceOptions,
  objective: Objective | undefined,
): readonly AttackSource[] {
  for (const [field, list] of Object.entries({ weight, head })) {
    if (list === undefined || list.length === encoder.length) continue;
    const expected = `as many as there are encoders, ${encoder.length}`;
    throw new InputError([{ field: `--${field}`, expected, got: `${list.length}` }]);
  }
  return encoder.map((name, index) => {
    const digest = head?.[index] ?? own;
    return {
      ...AttackSource.create({ encoder: EncoderRef.create({ name }) }),
      head: digest === own ? undefined : { head: { $case: 'artifactDigest', value: digest } },
      weight: weight?.[index],
      objective,
    };
  });
}

/** Where the attack runs, as it is sent. */
export function placementOf({ placement }: SourceOptions): Placement {
  return placement === undefined ? Placement.UNSPECIFIED : placements[placement];
}
