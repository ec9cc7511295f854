import { fixedDim, reshape, transpose, type Value } from '@parallax/graph';

/** [N, C, H, W] → [N, tokens, C·side·side]: patches row by row, the pixels of each in the order (channel, row, column). */
export function patchify(images: Value, side: number): Value {
  const [channels, rows, columns] = [
    fixedDim(images.shape, 1),
    fixedDim(images.shape, 2) / side,
    fixedDim(images.shape, 3) / side,
  ];
  const split = transpose(reshape(images, [-1, channels, rows, side, columns, side]), [0, 2, 4, 1, 3, 5]);
  return reshape(split, [-1, rows * columns, channels * side * side]);
}

/** The inverse of {@link patchify} for square images: [N, tokens, C·side·side] → [N, C, H, W]. */
export function unpatchify(patches: Value, side: number): Value {
  const rows = Math.sqrt(fixedDim(patches.shape, 1));
  const channels = fixedDim(patches.shape, 2) / side ** 2;
  const split = transpose(reshape(patches, [-1, rows, rows, channels, side, side]), [0, 3, 1, 4, 2, 5]);
  return reshape(split, [-1, channels, rows * side, rows * side]);
}

/** Patches as the channels of a smaller map: [N, C, H, W] → [N, C·side·side, H/side, W/side]. */
export function patchMap(images: Value, side: number): Value {
  if (side === 1) return images;
  const patches = transpose(patchify(images, side), [0, 2, 1]);
  const [rows, columns] = [fixedDim(images.shape, 2) / side, fixedDim(images.shape, 3) / side];
  return reshape(patches, [-1, fixedDim(patches.shape, 1), rows, columns]);
}

/** The inverse of {@link patchMap} for square maps. */
export function unpatchMap(map: Value, side: number): Value {
  if (side === 1) return map;
  const places = fixedDim(map.shape, 2) * fixedDim(map.shape, 3);
  return unpatchify(transpose(reshape(map, [-1, fixedDim(map.shape, 1), places]), [0, 2, 1]), side);
}
