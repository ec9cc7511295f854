import type { GradientTable } from '../gradient-case.ts';

export const control = {
  Loop: 'not differentiable',
  'parallax.WithGradientOf': 'straight through',
} as const satisfies Partial<GradientTable>;
