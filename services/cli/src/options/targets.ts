import { classesFromNumpy } from '@parallax/datasets';
import { type AttackRunSpec, TargetRule } from '@parallax/proto/parallax/attack/v1/attack_run';
import { z } from 'zod';
import { readNamedFile } from './read-file.ts';

const rules: Readonly<Record<string, TargetRule>> = {
  'least-likely': TargetRule.LEAST_LIKELY,
  random: TargetRule.RANDOM,
};

const expected = `one of ${Object.keys(rules).join(', ')}, a list of classes such as 3,5,0, or a .npy file`;

/** Where the classes come from that images are pushed toward. */
export const targets = () =>
  z
    .string()
    .refine(
      (text) => Object.hasOwn(rules, text) || text.endsWith('.npy') || /^\d{1,6}(,\d{1,6})*$/.test(text),
      expected,
    );

/** The fields of a request that say so. @throws InputError or CorruptDataError for a file that is no list of classes. */
export async function targetFields(text: string): Promise<Pick<AttackRunSpec, 'targetRule' | 'targets'>> {
  const targetRule = rules[text];
  if (targetRule !== undefined) return { targetRule, targets: [] };
  const listed = text.endsWith('.npy')
    ? [...classesFromNumpy(await readNamedFile('--targets', text))]
    : text.split(',').map(Number);
  return { targetRule: TargetRule.LISTED, targets: listed };
}
