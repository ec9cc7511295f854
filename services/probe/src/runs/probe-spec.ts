import type { ParadigmName } from '@parallax/messages';
import type { Proportion } from '@parallax/statistics';
import type { FittingRecipe, SgdRecipe } from '../fitting/recipe.ts';

/** What a head is fitted on; plain JSON. */
export type SourceSpec =
  | { readonly kind: 'raw-pixels' }
  | {
      readonly kind: 'encoder';
      readonly name: string;
      /** Deployment that serves it; null: whoever has it. */
      readonly paradigm: ParadigmName | null;
      /** `host:port`; empty: as configured. */
      readonly address: string;
    };

/** A recipe as it was asked for: SGD's learning rate may be left to the source. */
export type ProbeRecipe = Exclude<FittingRecipe, SgdRecipe> | (Omit<SgdRecipe, 'learningRate'> & SgdChoices);

interface SgdChoices {
  /** null: as the paper probes the source. */
  readonly learningRate: number | null;
  readonly augmentation: 'none' | 'weak';
}

/** Which head to fit on what; plain JSON. */
export interface ProbeSpec {
  readonly source: SourceSpec;
  /** Names of datasets. */
  readonly trainDataset: string;
  readonly testDataset: string;
  readonly recipe: ProbeRecipe;
  readonly seed: number;
}

/** A fitted head and how good it is; plain JSON. */
export interface FittedProbe {
  readonly headDigest: string;
  readonly testAccuracy: Proportion;
  readonly trainAccuracy: Proportion;
  readonly featureDimension: number;
  readonly classes: number;
  readonly weightDecay: number;
  readonly epochs: number;
}

/** What a run leaves behind; plain JSON. */
export interface ProbeResult extends FittedProbe {
  /** Wall time of embedding and fitting; 0 when reused. */
  readonly fitSeconds: number;
  /** An equal specification had been fitted before. */
  readonly reused: boolean;
}
