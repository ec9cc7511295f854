import {
  abs,
  add,
  clip,
  concat,
  constant,
  div,
  floor,
  less,
  matMul,
  minimum,
  mul,
  relu,
  slice,
  sub,
  transpose,
  type Value,
  where,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import { float32 } from '@parallax/tensor';
import type { Observation, Procedure, State } from '../attack.ts';
import { isLast } from '../last-step.ts';
import type { ImageDims } from '../norms/norm.ts';
import { besideImages } from '../norms/per-sample.ts';

export interface DiversitySettings {
  /** Probability that a look is at a changed image and not at the image itself. */
  readonly diversity: number;
  /** The least side after resizing, as a share of the side before. */
  readonly resizeRate: number;
}

export type Diverse = {
  /** How the image of the next look is changed: height and width it is resized to, and from where on it then is, [N,4]. */
  readonly geometry: Value;
};

/**
 * Diverse inputs (Xie et al. 2019): every look of an attack is, with some probability, at its image resized to a random
 * smaller side and put at a random place on black. The encoder keeps its input shape, so images shrink where the paper
 * enlarges them. Each sample has its own geometry at each look. The look after the last update is at the image itself.
 *
 * A view is linear in the image, so its gradient is exact: what is seen at the view goes back through the transposed
 * matrices before the attack sees it.
 */
export function diversified<S extends State>(
  inner: Procedure<S>,
  settings: DiversitySettings,
  dims: ImageDims,
): Procedure<S & Diverse> {
  return {
    ...inner,
    wanders: true,
    init: (clean, draw, beginning) => ({
      ...inner.init(clean, draw, beginning),
      geometry: drawGeometry(settings, draw, dims),
    }),
    query: (state) => clip(viewOf(inner.query(state), state.geometry, dims), 0, 1),
    update: (state, seen, moment) => {
      const gradient = pulledBack(seen.gradient, state.geometry, dims);
      const drawn = drawGeometry(settings, moment.draw, dims);
      return {
        ...inner.update(state, withGradient(seen, gradient), moment),
        geometry: where(isLast(moment.step, inner.steps), unchanged(dims), drawn),
      };
    },
  };
}

/** The geometry of the image itself, [4]. */
function unchanged([, height, width]: ImageDims): Value {
  return constant(float32([4], [height, width, 0, 0]));
}

function drawGeometry({ diversity, resizeRate }: DiversitySettings, draw: Draw, dims: ImageDims): Value {
  const sides = dims.slice(1);
  const [isChanged, size, ...places] = columns(draw('diversity', 'uniform', [4]));
  const resized = sides.map((side) => {
    const least = Math.max(Math.floor(resizeRate * side), 1);
    return add(floor(mul(size, side - least)), least);
  });
  const corners = resized.map((length, axis) => floor(mul(places[axis] as Value, sub((sides[axis] ?? 0) + 1, length))));
  return where(less(isChanged, diversity), concat([...resized, ...corners], 1), unchanged(dims));
}

/** The columns of a matrix [N,4], each [N,1]. */
function columns(matrix: Value): readonly [Value, Value, Value, Value] {
  const column = (at: number): Value => slice(matrix, [{ axis: 1, start: at, end: at + 1 }]);
  return [column(0), column(1), column(2), column(3)];
}

/** Images seen with a geometry each: [N,C,H,W] → [N,C,H,W]. */
function viewOf(images: Value, geometry: Value, dims: ImageDims): Value {
  const { rows, columns: across } = matricesOf(geometry, dims);
  return matMul(matMul(rows, images), transpose(across, [0, 1, 3, 2]));
}

/** The gradient at images, given that at their views. */
function pulledBack(gradient: Value, geometry: Value, dims: ImageDims): Value {
  const { rows, columns: across } = matricesOf(geometry, dims);
  return matMul(matMul(transpose(rows, [0, 1, 3, 2]), gradient), across);
}

/** A view is rows · image · columnsᵀ for each channel: [N,1,H,H] and [N,1,W,W]. */
function matricesOf(geometry: Value, [, height, width]: ImageDims): { readonly rows: Value; readonly columns: Value } {
  const [tall, wide, top, left] = columns(geometry).map(besideImages) as [Value, Value, Value, Value];
  return { rows: placed(tall, top, height), columns: placed(wide, left, width) };
}

/**
 * Resizes a line of `length` pixels to `size` by linear interpolation between pixel centres, the ends repeated beyond the
 * border, and puts it at `start` on zeros: [N,1,length,length].
 */
function placed(size: Value, start: Value, length: number): Value {
  const numbers = Array.from({ length }, (_, at) => at);
  const [to, from] = [constant(float32([1, 1, length, 1], numbers)), constant(float32([1, 1, 1, length], numbers))];
  const at = sub(to, start);
  const source = clip(sub(mul(add(at, 0.5), div(length, size)), 0.5), 0, length - 1);
  const isWithin = clip(minimum(add(at, 1), sub(size, at)), 0, 1);
  return mul(relu(sub(1, abs(sub(source, from)))), isWithin);
}

function withGradient(seen: Observation, gradient: Value): Observation {
  return {
    loss: seen.loss,
    gradient,
    get logits() {
      return seen.logits;
    },
    get reached() {
      return seen.reached;
    },
  };
}
