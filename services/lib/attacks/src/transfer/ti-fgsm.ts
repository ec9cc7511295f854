import { InputError } from '@parallax/config';
import { constant, conv, type Value } from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import { type Attack, defineAttack } from '../attack.ts';
import type { OptionTable } from '../options.ts';
import { momentumProcedure } from './momentum.ts';
import { diverse, diversityOptions, momentumOptions, settingsOf, transferAttack } from './options.ts';

const options = {
  ...momentumOptions,
  ...diversityOptions,
  kernelSize: {
    type: 'integer',
    unit: 'pixels, odd',
    default: 7,
    minimum: 1,
    maximum: 63,
    documentation:
      'Side of the Gaussian kernel; its standard deviation is a third of its radius. The paper takes 15 for images of 299 pixels; 7 suits small ones.',
  },
} as const satisfies OptionTable;

/** The kernel reaches so many standard deviations. */
const reach = 3;

/** A Gaussian from -3 to 3 standard deviations at an odd number of points, of sum 1. */
function gaussianKernel(size: number): readonly number[] {
  const radius = (size - 1) / 2;
  const weights = Array.from({ length: size }, (_, at) =>
    Math.exp(-(((reach * (at - radius)) / Math.max(radius, 1)) ** 2) / 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Smooths each channel of [N,C,H,W], 0 beyond the border: along columns, then along rows. */
function smooth(gradient: Value, channels: number, kernel: readonly number[]): Value {
  const size = kernel.length;
  const radius = (size - 1) / 2;
  const data = Array.from({ length: channels }, () => kernel).flat();
  const along = (dims: readonly number[]): Value => constant(float32([channels, 1, ...dims], data));
  const columns = conv(gradient, along([size, 1]), null, { group: channels, pads: [radius, 0, radius, 0] });
  return conv(columns, along([1, size]), null, { group: channels, pads: [0, radius, 0, radius] });
}

/** The translation invariant iterative fast gradient sign method. */
export const tiFgsm: Attack = defineAttack({
  ...transferAttack,
  name: 'ti-fgsm',
  title: 'Translation invariant iterative FGSM',
  summary:
    'MI-FGSM with each gradient smoothed by a Gaussian kernel, which stands for the gradients at shifted copies of the image. The last iterate is returned.',
  paper: 'Dong et al. 2019, arXiv:1904.02884',
  options,
  bind: ({ kernelSize, ...given }, ball) => {
    if (kernelSize % 2 === 0) {
      const expected = 'an odd integer, so that the kernel has a middle';
      throw new InputError([{ field: 'options.kernelSize', expected, got: String(kernelSize) }]);
    }
    const settings = settingsOf(given, ball);
    const kernel = gaussianKernel(kernelSize);
    const smoothed = momentumProcedure(settings, ball, (gradient) => smooth(gradient, ball.dims[0], kernel));
    const { options: views, procedure } = diverse(smoothed, given, ball);
    return { options: { ...settings, kernelSize, ...views }, restarts: 1, procedure };
  },
});
