import type { Operator } from '../operator.ts';
import type { OpName } from '../signatures.ts';
import { activations } from './activation.ts';
import { control } from './control.ts';
import { convolutions } from './convolution.ts';
import { elementwise } from './elementwise.ts';
import { gradients } from './gradient.ts';
import { indexing } from './indexing.ts';
import { linear } from './linear.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { reductions } from './reduction.ts';
import { resize } from './resize.ts';
import { selection } from './selection.ts';

/** Every operator, with its inference and its gradient. An operator without an entry does not compile. */
export const operators: { readonly [O in OpName]: Operator<O> } = {
  ...elementwise,
  ...activations,
  ...selection,
  ...reductions,
  ...movement,
  ...indexing,
  ...linear,
  ...convolutions,
  ...pooling,
  ...resize,
  ...normalization,
  ...quantization,
  ...control,
  ...gradients,
};
