import type { Normalisation } from '../cifar.ts';

/** What is attacked, and with how much of the machine. */
export interface Setting extends Normalisation {
  /** Path of the ONNX file. */
  readonly model: string;
  /** Path of a file of the CIFAR-10 binaries, and how many of its images. */
  readonly images: string;
  readonly count: number;
  readonly threads: number;
}
