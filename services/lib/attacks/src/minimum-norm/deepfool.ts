import { add, clip, mul, or, sub, type Value } from '@parallax/graph';
import { type Attack, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import { isLast } from '../last-step.ts';
import { asVector, besideImages } from '../norms/per-sample.ts';
import { onlyWhen } from '../only-when.ts';
import type { OptionsOf, OptionTable } from '../options.ts';
import { type Boundaries, isRound, noneKnown, seeBoundary, startBoundaries } from './boundaries.ts';
import { broughtInside, homeWhere, isFound, keepNearest, type Nearest, startNearest } from './nearest.ts';

type DeepFoolState = Nearest &
  Boundaries & {
    /** What is looked at, [N,C,H,W]: a little beyond where the moves have led. */
    readonly images: Value;
    /** The sum of the moves, [N,C,H,W]. */
    readonly change: Value;
  };

const options = {
  steps: {
    type: 'integer',
    unit: 'steps',
    default: 50,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Moves of the image at most; each takes one gradient for every class considered.',
  },
  overshoot: {
    type: 'real',
    unit: '',
    default: 0.02,
    minimum: 0,
    maximum: 10,
    documentation: 'How much farther than the moves together the image that is looked at lies, as a share of them.',
  },
  classes: {
    type: 'integer',
    unit: 'classes',
    default: 9,
    minimum: 1,
    maximum: 100_000,
    documentation:
      'Other classes considered: those of highest logits on the clean image. With fewer than that, all of them. (The authors count the label among their 10.)',
  },
} as const satisfies OptionTable;

/**
 * Each move is so much longer than the way to the boundary, in the norm of the ball. Without it, moves that the box cuts short
 * would come ever nearer to the boundary and never cross it.
 */
const push = 1e-4;

/**
 * Algorithm 2 of the paper toward so many classes, with two things that the authors' code adds: it looks beyond the moves by the
 * overshoot, and it pushes each a little.
 */
function deepFoolProcedure(
  { steps: moves, overshoot }: OptionsOf<typeof options>,
  ball: Ball,
  classes: number,
): Procedure<DeepFoolState> {
  const { norm } = ball;
  const steps = moves * classes;
  return {
    steps,
    wanders: true,
    init: (clean, _draw, beginning) => ({
      images: clean,
      change: mul(clean, 0),
      ...startNearest(clean),
      ...startBoundaries(clean, beginning),
    }),
    query: ({ images }) => images,
    aim: ({ rival }) => rival,
    update: (state, observation, { clean, step }) => {
      const { images, change } = state;
      const distance = asVector(norm.measure(sub(images, clean)));
      const known = keepNearest(state, { images, distance, broken: observation.reached });
      const seen = seeBoundary(state, observation, { images, from: images, step }, norm);
      const moved = onlyWhen(isRound(seen, step), { ...seen, images, change, clean }, (before) => {
        const length = add(besideImages(before.away), push);
        const sum = add(before.change, mul(norm.steepest(before.gradient), length));
        const ahead = clip(add(before.clean, mul(sum, 1 + overshoot)), 0, 1);
        return { images: ahead, change: sum, away: noneKnown(ahead) };
      });
      const home = or(isFound(known), isLast(step, steps));
      return {
        ...seen,
        ...known,
        away: moved.away,
        change: moved.change,
        images: homeWhere(home, known, moved.images, clean, ball),
      };
    },
    done: isFound,
    // The last look was inside the ball, unless the last steps could not be used.
    result: ({ images }, { loss, clean }) => ({ images: broughtInside(images, clean, ball), loss }),
  };
}

/** DeepFool. */
export const deepFool: Attack = defineAttack({
  name: 'deepfool',
  title: 'DeepFool',
  summary:
    'Moves straight onto the nearest of the boundaries to the likeliest other classes, as they look from the last image, until the class has changed; clipped into the box, and bound to no ball. Few moves suffice, and nothing is done to come nearer again: the distance is an upper bound.',
  paper: 'Moosavi-Dezfooli et al. 2016, arXiv:1511.04599',
  family: 'minimumNorm',
  norms: ['l2', 'linf'],
  options,
  needs: ['loss', 'gradient', 'logits'],
  objective: { kind: 'logitDifference', direction: 'toward' },
  objectiveFixed: true,
  bind: (given, ball) => {
    const procedureFor = (targets: number) => deepFoolProcedure(given, ball, targets);
    return {
      options: given,
      restarts: 1,
      targets: given.classes,
      procedure: procedureFor(given.classes),
      procedureFor,
    };
  },
});
