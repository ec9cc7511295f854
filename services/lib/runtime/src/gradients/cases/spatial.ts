import { constant, integers, type Shape, type Value } from '@parallax/graph';
import { createTensor } from '@parallax/tensor';
import { type CompositeTable, type GradientCase, writtenOut } from '../gradient-case.ts';
import { exactly, type Sample, within } from '../samples.ts';

// onnxruntime convolves in float32 only.
const float32Only = { precision: 'float32' } as const;

/** x and grids whose places lie inside the image, and around it. */
function grids(x: Shape, places: readonly number[]): readonly (readonly [name: string, inputs: readonly Sample[]])[] {
  const grid = [x[0] ?? 1, ...places, places.length];
  return [
    ['inside', [within(x), within(grid, -0.9, 0.9)]],
    ['around', [within(x), within(grid, -2.4, 2.4)]],
  ];
}

function gridCases(x: Shape, places: readonly number[], modes: readonly string[]): readonly GradientCase[] {
  return modes.flatMap((mode) =>
    ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
      [0, 1].flatMap((align_corners) =>
        grids(x, places).map(([name, inputs]) =>
          writtenOut(
            'GridSample',
            `${mode}, ${padding_mode}, ${align_corners === 1 ? 'corners' : 'edges'} at the ends, ${x.join('×')}, ${name}`,
            inputs,
            { mode, padding_mode, align_corners },
          ),
        ),
      ),
    ),
  );
}

function float64(dims: readonly number[], values: readonly number[]): Value {
  return constant(createTensor('float64', dims, Float64Array.from(values)));
}

/** Two rows of three places in and around an image. */
const places = float64([1, 2, 3, 2], [-1.4, 0.3, 0.2, -0.7, 0.9, 1.3, -0.6, 0.1, 0.55, -1.2, 0, 0.8]);

export const spatialComposites = {
  AffineGrid: [
    writtenOut('AffineGrid', 'images', [within([2, 2, 3])], {}, { fixed: [integers([2, 1, 3, 4])] }),
    writtenOut(
      'AffineGrid',
      'volumes',
      [within([1, 3, 4])],
      { align_corners: 1 },
      { fixed: [integers([1, 1, 2, 3, 1])] },
    ),
    writtenOut('AffineGrid', 'symbolic batch', [within(['N', 2, 3])], {}, { fixed: [integers([1, 1, 2, 2])] }),
    writtenOut(
      'AffineGrid',
      'the identity',
      [exactly([1, 2, 3], [1, 0, 0, 0, 1, 0])],
      { align_corners: 1 },
      { fixed: [integers([1, 1, 2, 2])], expected: [-1, -1, 1, -1, -1, 1, 1, 1] },
    ),
  ],
  Col2Im: [
    writtenOut(
      'Col2Im',
      'overlapping',
      [within([2, 8, 6])],
      {},
      { ...float32Only, fixed: [integers([3, 4]), integers([2, 2])] },
    ),
    writtenOut(
      'Col2Im',
      'strided, padded, dilated',
      [within(['N', 4, 6])],
      { strides: [2, 1], pads: [1, 0, 1, 0], dilations: [2, 2] },
      { ...float32Only, fixed: [integers([5, 4]), integers([2, 2])] },
    ),
    writtenOut(
      'Col2Im',
      'a sequence',
      [exactly([1, 2, 3], [1, 2, 3, 4, 5, 6])],
      {},
      { ...float32Only, fixed: [integers([4]), integers([2])], expected: [1, 6, 8, 6] },
    ),
  ],
  DeformConv: [
    writtenOut(
      'DeformConv',
      'moved, weighted, biased',
      [within([2, 4, 4, 5]), within([2, 4, 2, 2]), within([2, 16, 3, 4], 0.1, 0.9), within([2]), within([2, 8, 3, 4])],
      { offset_group: 2 },
    ),
    writtenOut(
      'DeformConv',
      'groups, strided, padded, dilated, symbolic batch',
      [within(['N', 2, 5, 5]), within([4, 1, 2, 2]), within(['N', 8, 3, 3], 0.1, 0.9)],
      { group: 2, strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2] },
    ),
    writtenOut(
      'DeformConv',
      'between two pixels',
      [exactly([1, 1, 1, 3], [1, 3, 7]), float64([1, 1, 1, 1], [2]), float64([1, 2, 1, 3], [0, 0, 0, 0, 0.5, 0.5])],
      {},
      { expected: [2, 10, 7] },
    ),
  ],
  GridSample: [
    ...gridCases([2, 2, 3, 4], [2, 3], ['linear', 'cubic']),
    ...gridCases(['N', 1, 3, 2], [1, 2], ['linear']),
    ...gridCases([1, 2, 2, 3, 3], [1, 2, 2], ['linear']),
    ...['zeros', 'border', 'reflection'].map((padding_mode) =>
      writtenOut('GridSample', `nearest, ${padding_mode}`, [within([1, 2, 3, 4]), places], {
        mode: 'nearest',
        padding_mode,
      }),
    ),
    writtenOut(
      'GridSample',
      'between two',
      [exactly([1, 1, 1, 2], [1, 3]), float64([1, 1, 2, 2], [0, 0, 0.5, 0])],
      {},
      { expected: [2, 3] },
    ),
  ],
  RoiAlign: [
    ...['half_pixel', 'output_half_pixel'].map((coordinate_transformation_mode) =>
      writtenOut(
        'RoiAlign',
        coordinate_transformation_mode,
        [
          within([2, 2, 6, 6]),
          exactly([3, 4], [0.7, 0.4, 3.3, 4.1, 1.2, 1.6, 4.45, 5.9, 3.1, 2.2, 5.3, 3.75]),
          integers([1, 0, 1]),
        ],
        { coordinate_transformation_mode, output_height: 2, output_width: 3, sampling_ratio: 2, spatial_scale: 0.9 },
      ),
    ),
    writtenOut(
      'RoiAlign',
      'of a slope',
      [exactly([1, 1, 1, 4], [0, 1, 2, 3]), float64([1, 4], [0.5, 0, 2.5, 1]), integers([0])],
      { output_width: 2, sampling_ratio: 1 },
      { expected: [0.5, 1.5] },
    ),
  ],
} as const satisfies CompositeTable;
