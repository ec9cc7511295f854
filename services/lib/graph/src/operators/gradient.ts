import type { Family } from '../operator.ts';
import type { GradientSignatures } from '../signatures/gradient.ts';
import { like, requireSameType, requireShape } from './shared.ts';

const name = 'parallax.WithGradientOf';

export const gradients: Family<keyof GradientSignatures> = {
  // y = value, bit for bit, and dy = d surrogate: BPDA (Athalye et al. 2018). Not value + (surrogate - surrogate), which rounds.
  'parallax.WithGradientOf': {
    attributes: {},
    infer: ([value, surrogate]) => {
      requireSameType(name, value, surrogate);
      requireShape(name, 'surrogate', surrogate, value.shape);
      return like([value]);
    },
    gradient: ({ gradient }) => [null, gradient],
  },
};
