import type { Paradigm } from '@parallax/paradigms';
import type { ArtifactStore } from '@parallax/store';
import type { Runner } from '@parallax/workflow';
import type { EncoderLibrary } from './encoders/encoder-library.ts';
import type { EncoderRegistry } from './encoders/encoder-registry.ts';
import type { Workbench } from './passes/workbench.ts';
import type { TrainingGround } from './training/prepare-training.ts';
import type { TrainingResult, TrainingSpec } from './training/training-spec.ts';

/** What the handlers of one deployment share. */
export interface Service {
  readonly paradigm: Paradigm;
  readonly artifacts: ArtifactStore;
  readonly registry: EncoderRegistry;
  readonly library: EncoderLibrary;
  readonly bench: Workbench;
  readonly ground: TrainingGround;
  readonly trainings: Runner<TrainingSpec, TrainingResult>;
}
