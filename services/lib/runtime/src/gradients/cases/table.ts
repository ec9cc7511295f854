import type { CompositeTable, GradientTable } from '../gradient-case.ts';
import { activations } from './activation.ts';
import { attentionComposites } from './attention.ts';
import { control } from './control.ts';
import { convolutions } from './convolution.ts';
import { einsumComposites } from './einsum.ts';
import { elementwise } from './elementwise.ts';
import { indexing, indexingComposites } from './indexing.ts';
import { linear } from './linear.ts';
import { lossComposites } from './loss.ts';
import { mathComposites } from './math.ts';
import { movement, movementComposites } from './movement.ts';
import { normalization, normalizationComposites } from './normalization.ts';
import { pooling, poolingComposites } from './pooling.ts';
import { quantization, quantizationComposites } from './quantization.ts';
import { reductions } from './reduction.ts';
import { resizes } from './resize.ts';
import { selection } from './selection.ts';
import { spatialComposites } from './spatial.ts';

/** How every operator's gradient is checked. An operator without an entry does not compile. */
export const gradientCases: GradientTable = {
  ...elementwise,
  ...activations,
  ...selection,
  ...reductions,
  ...movement,
  ...indexing,
  ...linear,
  ...convolutions,
  ...pooling,
  ...resizes,
  ...normalization,
  ...quantization,
  ...control,
};

/** Cases of operators that are written out in others: their gradients, and known values. */
export const compositeCases: CompositeTable = {
  ...attentionComposites,
  ...indexingComposites,
  ...einsumComposites,
  ...lossComposites,
  ...mathComposites,
  ...movementComposites,
  ...normalizationComposites,
  ...poolingComposites,
  ...spatialComposites,
  ...quantizationComposites,
};
