import { l1 } from './l1.ts';
import { l2 } from './l2.ts';
import { linf } from './linf.ts';
import type { Norm, NormName } from './norm.ts';

/** Every norm a budget can be given in. */
export const norms: { readonly [N in NormName]: Norm } = { linf, l2, l1 };
