import type { Value } from '../value.ts';
import type { None } from './shared.ts';

/** What is not of the ONNX standard, and there for gradients alone: named with our domain before it. */
export interface GradientSignatures {
  readonly 'parallax.WithGradientOf': {
    readonly inputs: readonly [value: Value, surrogate: Value];
    readonly attributes: None;
  };
}
