import { InputError } from '@parallax/config';
import { abs, add, clip, div, floor, lessOrEqual, mul, round, sign, sub, type Value, where } from '@parallax/graph';
import type { BoundAttack, Procedure, State } from './attack.ts';
import type { Ball } from './budget.ts';

/** Which images an attack may look at and return: all of float32, or those that eight bits a value can store. */
export type PixelGrid = 'float32' | 'uint8';

const levels = 255;

/** Keeps a radius such as 8/255, a little above or below eight levels as it may be, at eight. */
const slack = 1e-6;

/**
 * The same attack on the lattice of multiples of 1/255: every image that it looks at and returns is the lattice point near to
 * where it wanted to look, inside the ball. Gradients are those at the lattice point, passed straight through the rounding.
 * @throws InputError for a ball that holds no lattice point but its middle.
 */
export function onPixelGrid(attack: BoundAttack, grid: PixelGrid): BoundAttack {
  if (grid === 'float32') return attack;
  const { ball } = attack;
  if (ball.epsilon * levels < 1 - slack) {
    const expected = `at least 1/${levels}, the distance of two images on the uint8 grid`;
    throw new InputError([{ field: 'budget.epsilon', expected, got: String(ball.epsilon) }]);
  }
  const { procedureFor } = attack;
  return {
    ...attack,
    grid,
    procedure: rounding(attack.procedure, ball),
    ...(procedureFor === undefined ? {} : { procedureFor: (targets: number) => rounding(procedureFor(targets), ball) }),
  };
}

/** The middle of the ball travels in the state, as looks are made from the state alone. */
function rounding(procedure: Procedure, ball: Ball): Procedure {
  const middleOf = (state: State): Value => state['gridMiddle'] as Value;
  const { aim, done } = procedure;
  return {
    ...procedure,
    ...(aim === undefined ? {} : { aim: (state: State) => aim(state) }),
    ...(done === undefined ? {} : { done: (state: State) => done(state) }),
    init: (clean, draw, beginning) => ({ ...procedure.init(clean, draw, beginning), gridMiddle: clean }),
    query: (state) => nearestOnGrid(procedure.query(state), middleOf(state), ball),
    update: (state, observation, moment) => ({
      ...procedure.update(state, observation, moment),
      gridMiddle: middleOf(state),
    }),
    result: (state, last) => {
      const { images, loss } = procedure.result(state, last);
      return { images: nearestOnGrid(images, middleOf(state), ball), loss };
    },
  };
}

/**
 * The nearest lattice point; where that is outside the ball, the nearest one toward the middle in every value. `middle` is on
 * the lattice.
 */
function nearestOnGrid(images: Value, middle: Value, { norm, epsilon }: Ball): Value {
  const change = mul(sub(images, middle), levels);
  const start = round(mul(middle, levels));
  const at = (steps: Value): Value => div(clip(add(start, steps), 0, levels), levels);
  if (norm.name === 'linf') {
    const most = Math.floor(epsilon * levels + slack);
    return at(clip(round(change), -most, most));
  }
  const nearest = round(change);
  const inward = mul(sign(change), floor(abs(change)));
  return at(where(lessOrEqual(norm.measure(div(nearest, levels)), epsilon), nearest, inward));
}

/** The first value that is no multiple of 1/255 in float32; undefined when all are. */
export function offGrid(pixels: Float32Array): number | undefined {
  return pixels.find((pixel) => Math.fround(Math.round(pixel * levels) / levels) !== pixel);
}
