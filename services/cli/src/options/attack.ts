import { AttackSpec, PixelGrid, type Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { Objective } from '@parallax/proto/parallax/objective/v1/objective';
import type { Command } from 'commander';
import { z } from 'zod';
import { collect, integer, positive, seed, settings, settingsByName } from './fields.ts';
import { normMessage, normNames } from './norms.ts';
import { objectiveNamed, objectiveNames } from './objectives.ts';

const maxBatch = 4_096;
const maxDraws = 1_000;
const pixelGridNames = ['float32', 'uint8'] as const;

/** Attacks that say themselves how many gradients they average. */
const bringsDraws: ReadonlySet<string> = new Set(['autoattack-rand']);

/** Gives a command the options that say how to attack. */
export function addAttackOptions(command: Command): Command {
  return command
    .requiredOption('--attack <name>', 'attack, such as pgd or apgd-ce')
    .option('--norm <name>', `one of ${normNames.join(', ')}`, 'linf')
    .option('--eps <radius>', 'radius of the ball, in pixels of [0,1]', '8/255')
    .option('--set <option=value>', 'an option of the attack, such as steps=40; may be repeated', collect)
    .option('--objective <name>', `one of ${objectiveNames.join(', ')}; default: the attack's own`)
    .option('--draws <n>', 'gradients averaged a step, for stochastic encoders; default: 1, of autoattack-rand 20')
    .option('--pixel-grid <grid>', `images the attack may return: ${pixelGridNames.join(' or ')}`, 'float32')
    .option('--seed <n>', 'seed of all randomness', '0')
    .option('--batch <n>', 'images worked on together; changes speed, never a verdict');
}

/** The options of `addAttackOptions`, as typed → checked. */
export const attackFields = {
  attack: z.string().min(1),
  norm: z.enum(normNames),
  eps: positive('a radius greater than 0, such as 8/255'),
  set: settings().default([]),
  objective: z
    .string()
    .refine((name) => objectiveNamed(name) !== undefined, `one of ${objectiveNames.join(', ')}`)
    .optional(),
  draws: integer(1, maxDraws).optional(),
  pixelGrid: z.enum(pixelGridNames),
  seed: seed(),
  batch: integer(1, maxBatch).optional(),
};

const attackSchema = z.object(attackFields);

/** How to attack. */
export type AttackOptions = z.output<typeof attackSchema>;

/** The attack as it is sent. */
export function attackSpec(
  { attack, norm, eps, set, draws, pixelGrid }: AttackOptions,
  selection: Selection,
): AttackSpec {
  return AttackSpec.create({
    name: attack,
    budget: { norm: normMessage(norm), epsilon: eps },
    options: settingsByName(set),
    selection,
    gradientDraws: draws ?? (bringsDraws.has(attack) ? 0 : 1),
    pixelGrid: pixelGrid === 'uint8' ? PixelGrid.UINT8 : PixelGrid.FLOAT32,
  });
}

/** The objective as it is sent; undefined for the attack's own. */
export function objectiveOf({ objective }: AttackOptions): Objective | undefined {
  return objective === undefined ? undefined : objectiveNamed(objective);
}
