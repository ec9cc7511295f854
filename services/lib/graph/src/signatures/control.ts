import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

export interface ControlSignatures {
  readonly Loop: {
    /** The body takes (iteration, condition, ...state) and gives (condition, ...state). */
    readonly inputs: readonly (Value | null)[];
    readonly attributes: { readonly body: Graph };
  };
}
