import type { GradientTable } from '../gradient-case.ts';

export const control = { Loop: 'not differentiable' } as const satisfies Partial<GradientTable>;
