import {
  add,
  clip,
  constant,
  cos,
  div,
  exp,
  fixedDim,
  less,
  matMul,
  minimum,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  sin,
  sqrt,
  sub,
  type Value,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { float32 } from '@parallax/tensor';
import { compose, fixedMatrix, interpolation, positions, resample } from './resample.ts';
import { column } from './weak.ts';

/** The ranges of SimCLR's augmentation for CIFAR-10 (protocol §3.2). */
const smallestArea = 0.08;
const widestRatio = 4 / 3;
const jitterShare = 0.8;
const jitterStrength = 0.8;
const hueStrength = 0.2;
const grayShare = 0.2;
const smallestBlur = 0.1;
const largestBlur = 2;

/** Weights of red, green and blue in luma; the chroma axes I and Q of the NTSC colour space; and the way back from them. */
const luma = [0.299, 0.587, 0.114] as const;
const chroma = [
  [0.5959, -0.2746, -0.3213],
  [0.2115, -0.5227, 0.3112],
] as const;
const fromChroma = [
  [0.956, 0.619],
  [-0.272, -0.647],
  [-1.106, 1.703],
] as const;

/**
 * One differentiable view per image, [N, 3, H, W] → the same: random resized crop, flip, colour jitter, grey, blur.
 *
 * Cropping, flipping and blurring are one matrix for the rows and one for the columns; jitter is one 3×3 matrix and an
 * offset per image. The colour operations commute (hue and saturation turn and stretch the plane of equal luma, brightness
 * and contrast treat all channels alike), so their random order, and that of colour and blur, would matter through
 * clipping only, which happens once, at the end.
 */
export function simclr(images: Value, draw: Draw): Value {
  const height = fixedDim(images.shape, 2);
  const width = fixedDim(images.shape, 3);
  const crop = draw('augmentation.crop', 'uniform', [5]);
  const weight = blurWeight(draw('augmentation.blur', 'uniform', [1]));
  const area = between(column(crop, 0), smallestArea, 1);
  const ratio = exp(between(column(crop, 1), -Math.log(widestRatio), Math.log(widestRatio)));
  const across = where(less(column(crop, 4), 0.5), sub(width - 1, positions(width)), positions(width));
  const rows = cropped(sqrt(div(area, ratio)), column(crop, 2), positions(height), height);
  const columns = cropped(sqrt(mul(area, ratio)), column(crop, 3), across, width);
  const seen = resample(images, compose(blur(weight, height), rows), compose(blur(weight, width), columns));
  return clip(jitter(seen, draw('augmentation.colour', 'uniform', [6])), 0, 1);
}

/** A uniform number in [0, 1) moved to [low, high). */
function between(random: Value, low: number, high: number): Value {
  return add(mul(random, high - low), low);
}

/** Interpolation that spreads a part of an axis over all of it: `share` of the length, placed at random, pixel centres aligned. */
function cropped(share: Value, place: Value, at: Value, length: number): Value {
  const scale = minimum(share, 1);
  const start = mul(mul(sub(1, scale), place), length);
  const centre = sub(add(mul(add(at, 0.5), scale), start), 0.5);
  return interpolation(clip(centre, 0, length - 1), length);
}

/** The outer weight w of the normalised kernel [w, 1 - 2w, w] of a Gaussian with σ uniform in [0.1, 2): [N, 1, 1]. */
function blurWeight(random: Value): Value {
  const deviation = between(reshape(random, [-1, 1, 1]), smallestBlur, largestBlur);
  const neighbour = exp(div(-0.5, mul(deviation, deviation)));
  return div(neighbour, add(mul(neighbour, 2), 1));
}

/** Blurring along one axis with reflection at its ends, as a matrix [N, length, length]. */
function blur(weight: Value, length: number): Value {
  const reflect = (index: number): number => (index < 0 ? 1 : index >= length ? length - 2 : index);
  const identity = fixedMatrix(length, (row, at) => (row === at ? 1 : 0));
  const spread = fixedMatrix(
    length,
    (row, at) => [row - 1, row + 1].filter((near) => reflect(near) === at).length - (row === at ? 2 : 0),
  );
  return add(identity, mul(weight, spread));
}

/** Colour jitter with probability 0.8, then grey with probability 0.2. */
function jitter(images: Value, random: Value): Value {
  const height = fixedDim(images.shape, 2);
  const width = fixedDim(images.shape, 3);
  const applied = less(column(random, 0), jitterShare);
  const factor = (index: number): Value =>
    reshape(where(applied, between(column(random, index), 1 - jitterStrength, 1 + jitterStrength), 1), [-1, 1, 1]);
  const turn = where(applied, between(column(random, 4), -hueStrength, hueStrength), 0);
  const angle = reshape(mul(turn, 2 * Math.PI), [-1, 1, 1]);
  const gray = reshape(less(column(random, 5), grayShare), [-1, 1, 1]);
  const saturation = where(gray, 0, factor(3));
  const pixels = reshape(images, [-1, 3, height * width]);
  const coloured = matMul(colourMatrix(mul(saturation, cos(angle)), mul(saturation, sin(angle))), pixels);
  const brightness = factor(1);
  const contrast = factor(2);
  const middle = reduceMean(reduceSum(mul(pixels, constant(float32([1, 3, 1], [...luma]))), [1]), [2]);
  const contrasted = add(mul(coloured, contrast), mul(middle, sub(1, contrast)));
  return reshape(mul(contrasted, brightness), [-1, 3, height, width]);
}

/** Keeps luma; stretches and turns chroma: luma part + along · chroma part + across · turned chroma part, [N, 3, 3]. */
function colourMatrix(along: Value, across: Value): Value {
  const lumaPart = fixedMatrix(3, (_, at) => luma[at] ?? 0);
  const chromaPart = fixedMatrix(3, (row, at) => (row === at ? 1 : 0) - (luma[at] ?? 0));
  const turned = fixedMatrix(3, (row, at) => {
    const [i, q] = fromChroma[row] ?? [0, 0];
    return q * (chroma[0][at] ?? 0) - i * (chroma[1][at] ?? 0);
  });
  return add(lumaPart, add(mul(along, chromaPart), mul(across, turned)));
}
