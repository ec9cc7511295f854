import { AttackSpec, PixelGrid, type Selection, VerdictRule } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Direction, type Objective } from '@parallax/proto/parallax/objective/v1/objective';
import type { Command } from 'commander';
import { z } from 'zod';
import { collect, integer, radius, seed, settings, settingsByName } from './fields.ts';
import { normMessage, normNames } from './norms.ts';
import { objectiveNamed, objectiveNames } from './objectives.ts';

const maxBatch = 4_096;
const maxDraws = 1_000;
const pixelGridNames = ['float32', 'uint8'] as const;
const verdictRules = { majority: VerdictRule.MAJORITY, 'any-draw': VerdictRule.ANY_DRAW } as const;
const verdictRuleNames = Object.keys(verdictRules) as (keyof typeof verdictRules)[];

/** Gives a command the options that say how to attack. `draws` says what happens without that option. */
export function addAttackOptions(command: Command, draws: string): Command {
  return command
    .requiredOption('--attack <name>', 'attack, such as pgd or apgd-ce')
    .option('--norm <name>', `one of ${normNames.join(', ')}`, 'linf')
    .option(
      '--eps <radius>',
      'radius of the ball, in pixels of [0,1]; box: no bound but the box, for distances',
      '8/255',
    )
    .option('--set <option=value>', 'an option of the attack, such as steps=40; may be repeated', collect)
    .option('--objective <name>', `one of ${objectiveNames.join(', ')}; default: the attack's own`)
    .option('--draws <n>', `gradients averaged a step, for stochastic encoders (EOT); ${draws}`)
    .option(
      '--acceptance-draws <n>',
      'looks averaged where an attack without gradients accepts a candidate; default: 1',
    )
    .option('--verdict-draws <n>', 'fresh draws that decide a verdict on stochastic encoders; default: 20')
    .option(
      '--verdict-rule <rule>',
      'how they decide: majority, or any-draw, which is biased and only there to compare with published numbers',
      'majority',
    )
    .option('--pixel-grid <grid>', `images the attack may return: ${pixelGridNames.join(' or ')}`, 'float32')
    .option('--seed <n>', 'seed of all randomness', '0')
    .option('--batch <n>', 'images worked on together; changes speed, never a verdict');
}

/** The options of `addAttackOptions`, as typed → checked. */
export const attackFields = {
  attack: z.string().min(1),
  norm: z.enum(normNames),
  eps: radius(),
  set: settings().default([]),
  objective: z
    .string()
    .refine((name) => objectiveNamed(name) !== undefined, `one of ${objectiveNames.join(', ')}`)
    .optional(),
  draws: integer(1, maxDraws).optional(),
  acceptanceDraws: integer(1, maxDraws).optional(),
  verdictDraws: integer(1, maxDraws).optional(),
  verdictRule: z.enum(verdictRuleNames),
  pixelGrid: z.enum(pixelGridNames),
  seed: seed(),
  batch: integer(1, maxBatch).optional(),
};

const attackSchema = z.object(attackFields);

/** How to attack. */
export type AttackOptions = z.output<typeof attackSchema>;

/** The attack as it is sent; without a number of draws that is left to the service. */
export function attackSpec(options: AttackOptions, selection: Selection): AttackSpec {
  const { attack, norm, eps, set, draws, acceptanceDraws, verdictDraws, verdictRule, pixelGrid } = options;
  return AttackSpec.create({
    name: attack,
    budget: { norm: normMessage(norm), epsilon: eps },
    options: settingsByName(set),
    selection,
    gradientDraws: draws ?? 0,
    acceptanceDraws: acceptanceDraws ?? 0,
    verdictDraws: verdictDraws ?? 0,
    verdictRule: verdictRules[verdictRule],
    pixelGrid: pixelGrid === 'uint8' ? PixelGrid.UINT8 : PixelGrid.FLOAT32,
  });
}

/** The objective as it is sent; undefined for the attack's own. Toward targets, that is cross-entropy unless told. */
export function objectiveOf(
  { objective }: Pick<AttackOptions, 'objective'>,
  direction: Direction = Direction.AWAY,
): Objective | undefined {
  if (objective === undefined && direction === Direction.AWAY) return undefined;
  const named = objectiveNamed(objective ?? 'cross-entropy');
  return named && { ...named, direction };
}
