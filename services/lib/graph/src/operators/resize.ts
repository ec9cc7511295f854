import { toNumbers } from '@parallax/tensor';
import { averagePool, mul } from '../build.ts';
import { type Dim, formatShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Family } from '../operator.ts';
import type { Attributes, Inputs } from '../signatures.ts';
import { constantTensor, type Node, type Value } from '../value.ts';
import { type AxisMap, isIdentity, mapAxis, repetition, transposed } from './axis-map.ts';
import { chosenModes, interpolation, type ResizedAxis } from './interpolation.ts';
import { fixed, float, info, int, ints, requireAxis, string } from './shared.ts';

interface Resized extends Omit<ResizedAxis, 'from' | 'to'> {
  readonly from: Dim;
  readonly to: Dim;
}

/** Where an optional input that must be constant is given. */
function numbers(name: string, value: Value | null, length: number): readonly number[] | undefined {
  if (value === null || value.shape[0] === 0) return undefined;
  const tensor = constantTensor(value);
  if (tensor === undefined) throw new GraphError('Resize', `${name}: expected a constant, got a computed value`);
  const found = toNumbers(tensor);
  if (found.length !== length) {
    throw new GraphError('Resize', `${name}: expected ${length} numbers, got ${found.length}`);
  }
  return found;
}

/** The scale that all axes share, where the ratio of their lengths shall stay. */
function commonScale(policy: string, ratios: readonly number[]): number | undefined {
  if (policy === 'stretch') return undefined;
  if (policy === 'not_larger') return Math.min(...ratios);
  if (policy === 'not_smaller') return Math.max(...ratios);
  throw new GraphError(
    'Resize',
    `keep_aspect_ratio_policy: expected stretch, not_larger or not_smaller, got ${policy}`,
  );
}

/** What happens to each axis that is named. An axis of unknown length stays as it is. */
function resizedAxes([x, roi, scales, sizes]: Inputs<'Resize'>, attributes: Attributes<'Resize'>): readonly Resized[] {
  const { axes, keep_aspect_ratio_policy } = attributes;
  const along =
    axes.length === 0 ? [...x.shape.keys()] : axes.map((axis) => requireAxis('Resize', axis, x.shape.length));
  const crops = numbers('roi', roi, 2 * along.length);
  const cropOf = (index: number): readonly [number, number] => [
    crops?.[index] ?? 0,
    crops?.[index + along.length] ?? 1,
  ];
  const factors = numbers('scales', scales, along.length);
  if (factors !== undefined) {
    return along.map((axis, index) => {
      const from = x.shape[axis] ?? 1;
      const scale = factors[index] ?? 1;
      if (!(scale > 0)) throw new GraphError('Resize', `scales: expected numbers above 0, got ${scale}`);
      const to = scale === 1 ? from : Math.floor(Math.fround(scale * fixed('Resize', `axis ${axis}`, from)));
      return { axis, from, to, scale, crop: cropOf(index) };
    });
  }
  const lengths = numbers('sizes', sizes, along.length);
  if (lengths === undefined) throw new GraphError('Resize', 'expected scales or sizes, got neither');
  const from = along.map((axis) => fixed('Resize', `axis ${axis}`, x.shape[axis]));
  const ratios = from.map((length, index) => Math.fround((lengths[index] ?? 1) / length));
  const common = commonScale(keep_aspect_ratio_policy, ratios);
  return along.map((axis, index) => {
    const length = from[index] ?? 1;
    const to = common === undefined ? (lengths[index] ?? 1) : Math.round(Math.fround(common * length));
    return { axis, from: length, to, scale: common ?? ratios[index] ?? 1, crop: cropOf(index) };
  });
}

/** Maps of the axes that change, by axis. */
function mapsOf(inputs: Inputs<'Resize'>, attributes: Attributes<'Resize'>): ReadonlyMap<number, AxisMap> {
  const maps = new Map<number, AxisMap>();
  for (const { axis, from, to, scale, crop } of resizedAxes(inputs, attributes)) {
    if (typeof from !== 'number' || typeof to !== 'number') continue;
    const map = interpolation({ axis, from, to, scale, crop }, attributes);
    if (!isIdentity(map)) maps.set(axis, map);
  }
  return maps;
}

/**
 * Resize as products with the matrices of its axes: for runtimes that have no kernel for it, or a slow one. Undefined
 * where places outside the input take a number of their own.
 */
export function resizeByProducts(node: Node<'Resize'>): Value | undefined {
  const inputs = node.inputs as unknown as Inputs<'Resize'>;
  if (node.attributes.coordinate_transformation_mode === 'tf_crop_and_resize') return undefined;
  return [...mapsOf(inputs, node.attributes)]
    .sort(([, a], [, b]) => a.to / a.from - b.to / b.from)
    .reduce((value, [axis, map]) => mapAxis(value, axis, map), inputs[0]);
}

/** Where every pixel was repeated, its gradient is the sum over its block. */
function blockSums(g: Value, maps: ReadonlyMap<number, AxisMap>): Value | undefined {
  const spatial = [...g.shape.keys()].slice(2);
  const times = spatial.map((axis) => {
    const map = maps.get(axis);
    return map === undefined ? 1 : repetition(map);
  });
  const known = times.filter((each) => each !== undefined);
  if (g.dtype !== 'float32' || spatial.length === 0 || spatial.length > 3 || known.length < times.length)
    return undefined;
  if ([...maps.keys()].some((axis) => axis < 2)) return undefined;
  const size = known.reduce((product, each) => product * each, 1);
  return mul(averagePool(g, known, { strides: known }), size);
}

/**
 * Resize is linear, one map per axis, and its gradient the transposed maps: products with matrices that are known when
 * the graph is built.
 */
export const resize: Family<'Resize'> = {
  Resize: {
    attributes: {
      antialias: int(0),
      axes: ints([]),
      coordinate_transformation_mode: string('half_pixel'),
      cubic_coeff_a: float(-0.75),
      exclude_outside: int(0),
      extrapolation_value: float(0),
      keep_aspect_ratio_policy: string('stretch'),
      mode: string('nearest'),
      nearest_mode: string('round_prefer_floor'),
    },
    infer: (inputs, attributes) => {
      const [x] = inputs;
      chosenModes(attributes);
      const lengths = new Map(resizedAxes(inputs, attributes).map(({ axis, to }) => [axis, to]));
      const shape = x.shape.map((dim, axis) => lengths.get(axis) ?? dim);
      if (shape.some((dim, axis) => dim === 0 && x.shape[axis] !== 0)) {
        throw new GraphError('Resize', `expected lengths of at least 1, got ${formatShape(shape)}`);
      }
      return [info(x.dtype, shape)];
    },
    gradient: ({ inputs, gradient: g, attributes }) => {
      const maps = mapsOf(inputs, attributes);
      if (maps.size === 0) return [g, null, null, null];
      // The axis that shrinks most comes first: it leaves the least to do.
      const order = [...maps].sort(([, a], [, b]) => a.from / a.to - b.from / b.to);
      const mapped = (): Value => order.reduce((value, [axis, map]) => mapAxis(value, axis, transposed(map)), g);
      return [blockSums(g, maps) ?? mapped(), null, null, null];
    },
  },
};
