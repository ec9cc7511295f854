import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';

/** The paradigms by the names they have in configurations and bundles. */
export const paradigmMessages = { sl: Paradigm.SL, cl: Paradigm.CL, mim: Paradigm.MIM, dm: Paradigm.DM } as const;

/** Name of a paradigm. */
export type ParadigmName = keyof typeof paradigmMessages;

/** The name of a paradigm; undefined when none is given. */
export function paradigmName(message: Paradigm): ParadigmName | undefined {
  const names = Object.keys(paradigmMessages) as ParadigmName[];
  return names.find((name) => paradigmMessages[name] === message);
}
