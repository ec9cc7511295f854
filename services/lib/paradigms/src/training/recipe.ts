import type { Value } from '@parallax/graph';
import type { Draw, TracedEncoder } from '@parallax/objectives';
import type { Parameters } from '../model/parameters.ts';
import type { Optimizer } from './optimizers.ts';

export const paradigms = ['sl', 'cl', 'mim', 'dm'] as const;
/** Supervised, contrastive, masked image modelling, diffusion. */
export type Paradigm = (typeof paradigms)[number];

export const sizes = ['tiny', 'small', 'paper'] as const;
/** `tiny` trains in minutes on two CPU cores, `paper` is the published setting. */
export type Size = (typeof sizes)[number];

/** What a training step sees. */
export interface TrainingBatch {
  /** [N, 3, H, W] in [0, 1], not augmented. */
  readonly images: Value;
  /** [N] int64. */
  readonly labels: Value;
  readonly draw: Draw;
}

/** How long and how fast a model is trained. */
export interface Schedule {
  readonly epochs: number;
  /** Images per step over all shards. */
  readonly batchSize: number;
  /** Parts a batch is split into, each with its own gradient (and batch statistics), which are averaged: a step uses that many cores. */
  readonly shards: number;
  /** Learning rate at a step of `steps`, both counted from 0. */
  readonly learningRate: (step: number, steps: number) => number;
}

/** Everything that makes an encoder of one paradigm and size. */
export interface Recipe {
  readonly paradigm: Paradigm;
  readonly size: Size;
  readonly architecture: string;
  readonly schedule: Schedule;
  readonly optimizer: Optimizer;
  /** Euclidean norm that the gradient is scaled down to; none when left out. */
  readonly clipNorm?: number;
  /** Share of the old average in the running average of the parameters that is kept as the result; none when left out. */
  readonly averageDecay?: number;
  /** Whether `encode` draws noise. */
  readonly stochastic: boolean;
  /** The trained encoder's parts as traced functions. `context` says what the data look like. */
  readonly model: (parameters: Parameters, context: ModelContext) => TracedEncoder;
  /** Loss of each sample, [N]; its mean is minimised. */
  readonly loss: (parameters: Parameters, batch: TrainingBatch, context: ModelContext) => Value;
}

export interface ModelContext {
  readonly classes: number;
  /** Height and width of the images. */
  readonly side: number;
}
