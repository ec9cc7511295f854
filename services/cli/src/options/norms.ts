import { Norm } from '@parallax/proto/parallax/common/v1/budget';

/** The norms attacks have a ball in, as they are typed. */
export const normNames = ['linf', 'l2', 'l1'] as const;

/** A norm as it is typed. */
export type NormName = (typeof normNames)[number];

const messages: { readonly [Name in NormName]: Norm } = { linf: Norm.LINF, l2: Norm.L2, l1: Norm.L1 };

/** A norm as it is sent. */
export function normMessage(name: NormName): Norm {
  return messages[name];
}

/** A norm as it is typed; empty when there is none. */
export function normName(norm: Norm | undefined): string {
  return normNames.find((name) => messages[name] === norm) ?? '';
}
