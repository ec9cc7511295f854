import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';

/** A paradigm as it is typed, in the order of the paper. */
export const paradigmNames = ['sl', 'cl', 'mim', 'dm'] as const;

/** A paradigm as it is typed. */
export type ParadigmName = (typeof paradigmNames)[number];

const messages: { readonly [Name in ParadigmName]: Paradigm } = {
  sl: Paradigm.SL,
  cl: Paradigm.CL,
  mim: Paradigm.MIM,
  dm: Paradigm.DM,
};

/** A paradigm as it is sent. */
export function paradigmMessage(name: ParadigmName): Paradigm {
  return messages[name];
}

/** A paradigm as people write it: `CL`; a dash when there is none. */
export function formatParadigm(paradigm: Paradigm): string {
  return paradigmNames.find((name) => messages[name] === paradigm)?.toUpperCase() ?? '–';
}
