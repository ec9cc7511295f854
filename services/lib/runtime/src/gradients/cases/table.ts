import type { GradientTable } from '../gradient-case.ts';
import { control } from './control.ts';
import { convolutions } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { linear } from './linear.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { reductions } from './reduction.ts';
import { selection } from './selection.ts';

/** How every operator's gradient is checked. An operator without an entry does not compile. */
export const gradientCases: GradientTable = {
  ...elementwise,
  ...selection,
  ...reductions,
  ...movement,
  ...linear,
  ...convolutions,
  ...pooling,
  ...normalization,
  ...control,
};
