import type { DiffusionSchedule, DrawSpec } from '@parallax/objectives';
import type { Paradigm, Size } from '../training/recipe.ts';

/** What a part of an encoder computes; the file names of a bundle. */
export const roles = ['encode', 'classify', 'project', 'reconstruct', 'denoise'] as const;
export type Role = (typeof roles)[number];

export interface PartManifest {
  /** sha256 of the ONNX bytes, hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
  /** Random inputs that the part takes besides its data, in the order of its inputs. */
  readonly draws: readonly DrawSpec[];
}

/** Where an encoder came from: equal provenance means equal bytes. */
export interface TrainingProvenance {
  readonly size: Size;
  readonly dataset: string;
  /** Digest of the images and labels. */
  readonly datasetDigest: string;
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly finalLoss: number;
}

/** The file that an encoder was imported from. */
export interface ImportProvenance {
  /** sha256 of the ONNX file. */
  readonly sha256: string;
  /** Its operator set; the parts of the bundle are written in our own. */
  readonly opset: number;
  /** The program that wrote it, as the file says. */
  readonly producer: string;
  /** `OPERATOR at TENSOR` that lets no gradient through, by the names of the file; empty when one reaches the image. */
  readonly gradientBlocker: string;
  /** What was put before it, by channel: (image - mean) / deviation. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** What images go through before that; absent without it. */
  readonly preprocessing?: PreprocessingProvenance;
}

/** The files that a preprocessing was made of. */
export interface PreprocessingProvenance {
  /** sha256 of the ONNX file. */
  readonly sha256: string;
  /** What stands for its gradient: its own, that of the identity, or that of another file's function. */
  readonly gradient: 'exact' | 'identity' | 'surrogate';
  /** sha256 of that file; of gradient `surrogate` only. */
  readonly surrogateSha256?: string;
}

/**
 * `encoder.json`: all that is known of an encoder. Images are always [0, 1] NCHW; whatever a network wants instead is
 * part of its graph.
 */
export interface EncoderManifest {
  readonly format: 'parallax.encoder/1';
  readonly paradigm: Paradigm;
  readonly architecture: string;
  /** Channels, height, width. */
  readonly inputShape: readonly [number, number, number];
  readonly featureDimension: number;
  /** Classes of the own head; 0 without one. */
  readonly classes: number;
  /** Trained parameters of all parts together. */
  readonly parameters: number;
  /** Whether `encode` draws noise. */
  readonly stochastic: boolean;
  /** Of diffusion encoders: what `denoise` mixes, and when features are taken. */
  readonly diffusion?: DiffusionSchedule;
  readonly parts: { readonly [R in Role]?: PartManifest };
  readonly training?: TrainingProvenance;
  readonly imported?: ImportProvenance;
}

/** An encoder as it is stored: the manifest and the bytes of each part it names. */
export interface EncoderBundle {
  readonly manifest: EncoderManifest;
  readonly parts: ReadonlyMap<Role, Uint8Array>;
}
