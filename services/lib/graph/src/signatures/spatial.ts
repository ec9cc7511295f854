import type { Value } from '../value.ts';

export interface SpatialSignatures {
  readonly Resize: {
    readonly inputs: readonly [x: Value, roi: Value | null, scales: Value | null, sizes: Value | null];
    readonly attributes: {
      readonly antialias: number;
      /** None: all axes. */
      readonly axes: readonly number[];
      readonly coordinate_transformation_mode: string;
      readonly cubic_coeff_a: number;
      readonly exclude_outside: number;
      readonly extrapolation_value: number;
      readonly keep_aspect_ratio_policy: string;
      readonly mode: string;
      readonly nearest_mode: string;
    };
  };
}
