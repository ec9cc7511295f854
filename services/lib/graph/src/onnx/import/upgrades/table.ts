import { inputUpgrades } from './inputs.ts';
import { meaningUpgrades } from './meaning.ts';
import type { Upgrades } from './upgrade.ts';

/** How older forms of operators are brought into the newest. */
export const upgrades: Upgrades = { ...inputUpgrades, ...meaningUpgrades };
