import type { ImageDims } from '../norms/norm.ts';

/** After which of 10 000 queries the share of the image that a window covers is halved. */
const halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];
const scheduleQueries = 10_000;

/** The share of the image that the window of each of `queries` moves covers: the paper's schedule, fitted to their number. */
export function sharesByMove(queries: number, pInit: number): readonly number[] {
  return Array.from({ length: queries }, (_, move) => {
    const scaled = Math.floor((move / queries) * scheduleQueries);
    return pInit / 2 ** halvings.filter((after) => scaled > after).length;
  });
}

/** The side of a square window that covers a share of an image, at most the shorter side of the image. */
export function windowSide(share: number, [, height, width]: ImageDims): number {
  return Math.min(Math.max(Math.round(Math.sqrt(share * height * width)), 1), height, width);
}

/** The same for windows that have a middle: odd and at least 3, where the image is not smaller. */
export function oddWindowSide(share: number, [, height, width]: ImageDims): number {
  const side = Math.max(Math.round(Math.sqrt(share * height * width)), 3);
  return Math.min(side % 2 === 0 ? side + 1 : side, height, width);
}
