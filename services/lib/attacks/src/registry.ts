import { NotFoundError } from '@parallax/config';
import type { Attack } from './attack.ts';
import { noise } from './baseline/noise.ts';
import { apgd, apgdCe, apgdDlr, apgdT } from './fixed-budget/apgd.ts';
import { fgsm } from './fixed-budget/fgsm.ts';
import { pgd } from './fixed-budget/pgd.ts';
import { nes, spsa } from './gradient-free/estimators.ts';
import { hopSkipJump } from './gradient-free/hop-skip-jump.ts';
import { square } from './gradient-free/square.ts';
import { cw } from './minimum-norm/cw.ts';
import { ddn } from './minimum-norm/ddn.ts';
import { deepFool } from './minimum-norm/deepfool.ts';
import { fab, fabT } from './minimum-norm/fab.ts';
import { fmn } from './minimum-norm/fmn.ts';
import { diFgsm } from './transfer/di-fgsm.ts';
import { miFgsm } from './transfer/mi-fgsm.ts';
import { niFgsm } from './transfer/ni-fgsm.ts';
import { siFgsm } from './transfer/si-fgsm.ts';
import { tiFgsm } from './transfer/ti-fgsm.ts';
import { vmiFgsm, vniFgsm } from './transfer/vmi-fgsm.ts';

/** Every attack, in the order in which they are listed. */
export const attacks: readonly Attack[] = [
  fgsm,
  pgd,
  apgd,
  apgdCe,
  apgdDlr,
  apgdT,
  cw,
  ddn,
  fmn,
  deepFool,
  fab,
  fabT,
  square,
  nes,
  spsa,
  hopSkipJump,
  miFgsm,
  diFgsm,
  niFgsm,
  siFgsm,
  tiFgsm,
  vmiFgsm,
  vniFgsm,
  noise,
];

/** @throws NotFoundError naming the attacks there are. */
export function findAttack(name: string): Attack {
  const found = attacks.find((attack) => attack.name === name);
  if (found !== undefined) return found;
  const known = attacks.map((attack) => attack.name).join(', ');
  throw new NotFoundError(`attack: expected one of ${known}, got ${JSON.stringify(name)}`, {
    reason: 'ATTACK_NOT_FOUND',
    facts: { attack: name, known },
  });
}
