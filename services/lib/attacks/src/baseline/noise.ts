import { add, mul, type Value } from '@parallax/graph';
import { type Attack, defineAttack, type Procedure } from '../attack.ts';
import type { Ball } from '../budget.ts';
import type { OptionTable } from '../options.ts';

type Place = 'boundary' | 'inside';

type NoiseState = { readonly images: Value };

const options = {
  place: {
    type: 'choice',
    unit: '',
    default: 'boundary',
    choices: ['boundary', 'inside'],
    documentation: 'Where noise is drawn: on the sphere of the ball, or at any distance inside it.',
  },
  restarts: {
    type: 'integer',
    unit: 'draws',
    default: 10,
    minimum: 1,
    maximum: 100_000,
    documentation: 'Independent draws; the one of highest loss is kept of a sample that none has broken.',
  },
} as const satisfies OptionTable;

/** One random image, which is looked at and returned. */
function noiseProcedure(place: Place, { norm, dims, radius }: Ball): Procedure<NoiseState> {
  const drawn = norm[place];
  return {
    steps: 0,
    init: (clean, draw) => ({ images: norm.contain(add(clean, mul(drawn(draw, dims), radius)), clean, radius) }),
    query: ({ images }) => images,
    update: (state) => state,
    result: ({ images }, { loss }) => ({ images, loss }),
  };
}

/** Random noise: what breaks under it needs no attack. */
export const noise: Attack = defineAttack({
  name: 'noise',
  title: 'Random noise',
  summary:
    'Random images of the ball (Linf: a uniform direction, scaled until it touches the boundary; L2: a Gaussian direction; L1: uniform on the sphere), clipped to the box. A floor that every attack has to beat.',
  paper: 'Fawzi, Moosavi-Dezfooli & Frossard 2016, arXiv:1608.08967',
  family: 'baseline',
  norms: ['linf', 'l2', 'l1'],
  options,
  needs: ['loss'],
  objective: { kind: 'crossEntropy' },
  objectiveFixed: false,
  bind: ({ place, restarts }, ball) => ({
    options: { place, restarts },
    restarts,
    procedure: noiseProcedure(place === 'inside' ? 'inside' : 'boundary', ball),
  }),
});
