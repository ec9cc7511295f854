import { abs, clip, div, maximum, minimum, mul, neg, sign, sub } from '@parallax/graph';
import { ballThenBox } from './ball-then-box.ts';
import { type Norm, pixelRounding } from './norm.ts';
import { largestPerSample, sumPerSample } from './per-sample.ts';

/** Uniform numbers are in [0,1); these are in [-1,1). */
const start: Norm['inside'] = (draw, dims) => sub(mul(draw('start', 'uniform', dims), 2), 1);

const project: Norm['project'] = (perturbation, radius) =>
  typeof radius === 'number'
    ? clip(perturbation, -radius, radius)
    : maximum(minimum(perturbation, radius), neg(radius));

/** Largest absolute change of any value. */
export const linf: Norm = {
  name: 'linf',
  diameter: () => 1,
  // The perturbed pixel is rounded once, the radius and the difference it is added as once more.
  rounding: () => 2 * pixelRounding,
  measure: largestPerSample,
  steepest: sign,
  project,
  contain: ballThenBox(project),
  dual: (gradient) => sumPerSample(abs(gradient)),
  inside: start,
  // A uniform direction scaled until it touches the box, as in AutoAttack.
  boundary: (draw, dims) => {
    const direction = start(draw, dims);
    return div(direction, largestPerSample(direction));
  },
};
