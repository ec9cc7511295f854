import type { ActivationSignatures } from './signatures/activation.ts';
import type { ControlSignatures } from './signatures/control.ts';
import type { ElementwiseSignatures } from './signatures/elementwise.ts';
import type { GradientSignatures } from './signatures/gradient.ts';
import type { IndexingSignatures } from './signatures/indexing.ts';
import type { LinearSignatures } from './signatures/linear.ts';
import type { MovementSignatures } from './signatures/movement.ts';
import type { NormalizationSignatures } from './signatures/normalization.ts';
import type { PoolingSignatures } from './signatures/pooling.ts';
import type { QuantizationSignatures } from './signatures/quantization.ts';
import type { ReductionsSignatures } from './signatures/reduction.ts';
import type { SelectionSignatures } from './signatures/selection.ts';
import type { SpatialSignatures } from './signatures/spatial.ts';

export type { Signature, Window } from './signatures/shared.ts';

/**
 * Every operator we know: what it takes and its attributes, under the names of the ONNX specification. The operator
 * table is a mapped type over this list, so an operator without a rule, or a rule with the wrong number of gradients,
 * does not compile.
 */
export interface Signatures
  extends ElementwiseSignatures,
    ActivationSignatures,
    SelectionSignatures,
    ReductionsSignatures,
    MovementSignatures,
    IndexingSignatures,
    LinearSignatures,
    PoolingSignatures,
    SpatialSignatures,
    NormalizationSignatures,
    QuantizationSignatures,
    ControlSignatures,
    GradientSignatures {}

export type OpName = keyof Signatures;
export type Inputs<O extends OpName> = Signatures[O]['inputs'];
export type Attributes<O extends OpName> = Signatures[O]['attributes'];
