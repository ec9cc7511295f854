import type { OpName } from '@parallax/graph';
import { activations } from './activation.ts';
import { convolutions } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import type { Kernel } from './kernel.ts';
import { linear } from './linear.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { reductions } from './reduction.ts';
import { spatial } from './resize.ts';
import { selection } from './selection.ts';

/** Operators without a kernel: loops are run by the interpreter, and what is for gradients alone is gone by then. */
export type ControlName = 'Loop' | 'parallax.WithGradientOf';

/** Every operator that tfjs can compute. A graph with another is refused when it is compiled. */
export const kernels: { readonly [O in Exclude<OpName, ControlName>]?: Kernel<O> } = {
  ...elementwise,
  ...activations,
  ...selection,
  ...indexing,
  ...reductions,
  ...movement,
  ...linear,
  ...convolutions,
  ...pooling,
  ...spatial,
  ...normalization,
  ...quantization,
};
