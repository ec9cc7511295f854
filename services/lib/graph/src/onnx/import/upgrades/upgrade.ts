import type { Call, Context } from '../call.ts';

/** Brings a call of an older operator set, or of a related operator, into the newest form. */
export type Upgrade = (call: Call, context: Context) => Call;
export type Upgrades = Readonly<Record<string, Upgrade>>;
