import {
  add,
  and,
  cast,
  clip,
  expand,
  gather,
  greaterOrEqual,
  lessOrEqual,
  maximum,
  mul,
  reduceMean,
  reshape,
  reshapeTo,
  slice,
  sub,
  unsqueeze,
} from '../build.ts';
import { type Dim, multiplyDims } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { constantLike, fixed, float, int, requireRank, string } from '../operators/shared.ts';
import type { Value } from '../value.ts';
import { type Composite, composite, requiredInputs } from './composite.ts';
import { linearTaps, sample } from './grid.ts';

interface RoiAlign {
  readonly coordinate_transformation_mode: string;
  readonly mode: string;
  readonly output_height: number;
  readonly output_width: number;
  readonly sampling_ratio: number;
  readonly spatial_scale: number;
}

/** Where an axis of each region [R, 1] is sampled, evenly: [R, cells · ratio]. */
function placesOf(
  start: Value,
  end: Value,
  cells: number,
  { sampling_ratio, coordinate_transformation_mode }: RoiAlign,
): Value {
  const extent = sub(end, start);
  const length = coordinate_transformation_mode === 'half_pixel' ? extent : maximum(extent, 1);
  const count = cells * sampling_ratio;
  const middles = Array.from({ length: count }, (_, at) => (at + 0.5) / count);
  return add(start, mul(length, constantLike(start, [1, count], middles)));
}

/** Every row with every column: [R, rows] and [R, columns] as [R, rows · columns] each. */
function paired(rows: Value, columns: Value): readonly [rows: Value, columns: Value] {
  const [regions = 1, height, width] = [rows.shape[0], rows.shape[1], columns.shape[1]];
  const size: Dim = multiplyDims(height ?? 1, width ?? 1);
  const flat = (value: Value): Value => reshapeTo(value, [regions, size]);
  const [tall, wide] = [fixed('RoiAlign', 'rows', height), fixed('RoiAlign', 'columns', width)];
  return [flat(expand(unsqueeze(rows, [2]), [1, 1, wide])), flat(expand(unsqueeze(columns, [1]), [1, tall, 1]))];
}

/**
 * Means of regions of images over a grid of cells (He et al., Mask R-CNN, 2017): x [N, C, H, W], regions [R, 4] as x1,
 * y1, x2, y2, the image of each [R] → [R, C, rows, columns]. Each cell is the mean of `sampling_ratio`² places.
 */
function roiAlign(x: Value, regions: Value, images: Value, attributes: RoiAlign): Value {
  requireRank('RoiAlign', 'x', x, 4);
  const {
    coordinate_transformation_mode: mode,
    output_height: rows,
    output_width: columns,
    sampling_ratio,
  } = attributes;
  if (attributes.mode !== 'avg') throw new GraphError('RoiAlign', `mode: expected avg, got ${attributes.mode}`);
  if (sampling_ratio < 1) {
    throw new GraphError(
      'RoiAlign',
      `sampling_ratio: expected a number above 0, got ${sampling_ratio}: it would follow the regions`,
    );
  }
  const offset = mode === 'half_pixel' ? 0.5 : 0;
  const corner = (at: number): Value =>
    sub(mul(slice(regions, [{ axis: 1, start: at, end: at + 1 }]), attributes.spatial_scale), offset);
  const [rowPlaces, columnPlaces] = paired(
    placesOf(corner(1), corner(3), rows, attributes),
    placesOf(corner(0), corner(2), columns, attributes),
  );
  const lengths = x.shape.slice(2).map((dim) => fixed('RoiAlign', 'spatial', dim));
  const places = [rowPlaces, columnPlaces];
  const taps = places.map((place, axis) => linearTaps(clip(place, 0, (lengths[axis] ?? 1) - 1)));
  const inside = places
    .map((place, axis) => and(greaterOrEqual(place, -1), lessOrEqual(place, lengths[axis] ?? 1)))
    .reduce(and);
  const sampled = sample(gather(x, images, 0), { taps, bring: (index) => index });
  const kept = mul(sampled, unsqueeze(cast(inside, x.dtype), [1]));
  const channels = fixed('RoiAlign', 'channels', x.shape[1]);
  const cells = reshape(kept, [-1, channels, rows, sampling_ratio, columns, sampling_ratio]);
  return reduceMean(cells, [3, 5], false);
}

export const regions: Readonly<Record<string, Composite>> = {
  RoiAlign: composite<RoiAlign>(
    {
      coordinate_transformation_mode: string('half_pixel'),
      mode: string('avg'),
      output_height: int(1),
      output_width: int(1),
      sampling_ratio: int(0),
      spatial_scale: float(1),
    },
    (application, attributes) => {
      const [x, rois, images] = requiredInputs('RoiAlign', application, ['x', 'rois', 'batch_indices']);
      return [roiAlign(x, rois, images, attributes)];
    },
  ),
};
