import { apply, integers, type Shape, type Value, vector } from '@parallax/graph';
import { type GradientTable, gradientCase } from '../gradient-case.ts';
import { exactly, within } from '../samples.ts';

// onnxruntime resizes in float32 only; resizing is linear, so differences lose nothing by it.
const options = { precision: 'float32' } as const;

interface Resizing {
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly roi?: readonly number[];
  readonly attributes?: Readonly<Record<string, unknown>>;
}

function resize(x: Value, { scales, sizes, roi, attributes = {} }: Resizing): Value {
  const optional = <T>(list: readonly T[] | undefined, make: (list: readonly T[]) => Value): Value | null =>
    list === undefined ? null : make(list);
  return apply(
    'Resize',
    [x, optional(roi, vector), optional(scales, vector), optional(sizes, integers)],
    attributes,
  )[0];
}

function cases(name: string, x: Shape, resizing: Resizing): ReturnType<typeof gradientCase> {
  return gradientCase(name, [within(x)], (value) => resize(value, resizing), options);
}

const transformations = [
  'asymmetric',
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
] as const;
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

/** Larger, smaller, to one pixel. */
const targets: readonly (readonly [name: string, resizing: Resizing])[] = [
  ['larger', { sizes: [1, 2, 7, 9] }],
  ['smaller', { sizes: [1, 2, 3, 2] }],
  ['larger by scales', { scales: [1, 1, 1.6, 2.3] }],
  ['smaller by scales', { scales: [1, 1, 0.7, 0.45] }],
  ['one pixel', { sizes: [1, 2, 1, 1] }],
];

const everyMode = transformations.flatMap((coordinate_transformation_mode) =>
  targets.flatMap(([name, target]) => [
    ...roundings.map((nearest_mode) => {
      const attributes = { coordinate_transformation_mode, nearest_mode };
      return cases(`nearest, ${coordinate_transformation_mode}, ${nearest_mode}, ${name}`, [1, 2, 4, 5], {
        ...target,
        attributes,
      });
    }),
    ...['linear', 'cubic'].map((mode) => {
      const attributes = { coordinate_transformation_mode, mode };
      return cases(`${mode}, ${coordinate_transformation_mode}, ${name}`, [1, 2, 4, 5], { ...target, attributes });
    }),
  ]),
);

/** Numbers of an independent implementation, so that the matrices are not only checked against themselves. */
const knownCubics: readonly (readonly [name: string, target: Resizing, expected: readonly number[]])[] = [
  [
    'larger',
    { scales: [1, 1, 1.5, 2], attributes: { mode: 'cubic' } },
    [
      0.244466, 1.923897, 4.732627, 5.357424, 3.561959, 0.308336, -2.659303, -4.486954, 3.047852, 2.819702, 2.451294,
      1.96228, 1.604614, 1.838501, 2.546753, 2.97229, 3.916847, 2.648749, 0.528136, 0.065775, 1.443308, 3.752701,
      5.760232, 6.998507, -0.516457, 0.280856, 1.557559, 3.645164, 5.483129, 4.385892, 0.919212, -1.163385,
    ],
  ],
  [
    'without what is outside',
    { scales: [1, 1, 1.5, 0.5], attributes: { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: -0.5 } },
    [3.128483, -1.191175, 2.636678, 1.972318, 1.770629, 4.716111, 0.84155, 2.323595],
  ],
  ['without aliasing', { scales: [1, 1, 0.5, 0.5], attributes: { mode: 'cubic', antialias: 1 } }, [2.468189, 1.909298]],
];

export const resizes = {
  Resize: [
    ...everyMode,
    ...['linear', 'cubic'].flatMap((mode) => [
      cases(`${mode}, without aliasing`, [1, 2, 8, 9], { sizes: [1, 2, 3, 4], attributes: { mode, antialias: 1 } }),
      cases(`${mode}, without aliasing, one axis larger`, [1, 1, 8, 4], {
        sizes: [1, 1, 3, 6],
        attributes: { mode, antialias: 1 },
      }),
      cases(`${mode}, crop`, [1, 1, 5, 6], {
        sizes: [1, 1, 4, 7],
        roi: [0, 0, 0.2, 0.1, 1, 1, 0.9, 0.7],
        attributes: { mode, coordinate_transformation_mode: 'tf_crop_and_resize' },
      }),
      cases(`${mode}, crop that leaves the image`, [1, 1, 5, 6], {
        sizes: [1, 1, 4, 7],
        roi: [0, 0, -0.3, 0.5, 1, 1, 0.7, 1.4],
        attributes: { mode, coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: 10 },
      }),
    ]),
    cases('cubic without what is outside', [1, 1, 5, 4], {
      scales: [1, 1, 1.7, 0.6],
      attributes: { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: -0.5 },
    }),
    cases('every pixel twice', ['N', 2, 3, 4], { scales: [1, 1, 2, 2], attributes: { nearest_mode: 'floor' } }),
    cases('every pixel three by one times', [1, 2, 3, 4], {
      scales: [1, 1, 3, 1],
      attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    }),
    cases('linear, 1-d', [2, 3, 5], { scales: [1, 1, 1.5], attributes: { mode: 'linear' } }),
    cases('linear, 3-d', [1, 2, 3, 4, 3], { sizes: [1, 2, 4, 3, 6], attributes: { mode: 'linear' } }),
    cases('nearest, 3-d', [1, 2, 3, 4, 3], { sizes: [1, 2, 4, 3, 6] }),
    cases('some axes named', [2, 3, 4, 3], { sizes: [5, 7], attributes: { axes: [-1, 2], mode: 'linear' } }),
    cases('no larger than', [1, 1, 4, 6], {
      sizes: [7, 7],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
    }),
    cases('no smaller than', [1, 1, 4, 6], {
      sizes: [7, 7],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
    }),
    gradientCase(
      'known',
      [exactly([1, 1, 2, 2], [1, 2, 3, 4])],
      (x) => resize(x, { scales: [1, 1, 1, 2], attributes: { mode: 'linear' } }),
      { ...options, expected: [1, 1.25, 1.75, 2, 3, 3.25, 3.75, 4] },
    ),
    ...knownCubics.map(([name, target, expected]) =>
      gradientCase(
        `cubic, known, ${name}`,
        [exactly([1, 1, 3, 4], [1, 5, 2, -3, 4, 0, 2, 7, -1, 3, 6, -2])],
        (x) => resize(x, target),
        {
          ...options,
          expected,
        },
      ),
    ),
    cases('to the same lengths', [1, 1, 3, 2], { sizes: [1, 1, 3, 2], attributes: { mode: 'linear' } }),
    cases('symbolic batch', ['N', 2, 3, 4], { scales: [1, 1, 1.5, 0.5], attributes: { mode: 'linear' } }),
  ],
} as const satisfies Partial<GradientTable>;
