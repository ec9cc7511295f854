import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';

/** Paradigms in the order of tables. */
export const paradigmNames = ['SL', 'CL', 'MIM', 'DM'] as const;
export type ParadigmName = (typeof paradigmNames)[number];

export const normNames = ['LINF', 'L2', 'L1', 'L0'] as const;
export type NormName = (typeof normNames)[number];

/** The name of a paradigm, or undefined for UNSPECIFIED and numbers that are none. */
export function paradigmNameOf(paradigm: Paradigm): ParadigmName | undefined {
  return paradigmNames.find((name) => Paradigm[name] === paradigm);
}

/** The name of a norm, or undefined for UNSPECIFIED and numbers that are none. */
export function normNameOf(norm: Norm): NormName | undefined {
  return normNames.find((name) => Norm[name] === norm);
}
