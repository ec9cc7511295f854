import { InputError, PreconditionError } from '@parallax/config';
import { add, fixedDim, mul, neg, sub, type Value } from '@parallax/graph';
import type { Direction, Objective, ObjectiveContext } from './objective.ts';
import { requireGiven, requirePart } from './require.ts';
import type { DiffusionSchedule } from './traced-encoder.ts';
import { meanPerSample } from './vectors.ts';

export interface DdpmNoiseSettings {
  /** Counted from 0. Default: the timestep at which the encoder takes its features. */
  readonly timestep?: number;
}

/** Images in [0,1] are twice as long in the [-1,1] of diffusion models. */
const pixelScale = 2;

/**
 * Squared error of the noise prediction at a fixed timestep, averaged over C·H·W: ‖e_θ(x'_t, t) − e‖². Toward a
 * reference r the attacker increases −‖e_θ(x'_t, t) − (e + √(ᾱ/(1−ᾱ)) (x' − r))‖², with x' and r scaled to [-1,1]: the
 * implied clean image then is r. Every draw has a noise e of its own.
 */
export function ddpmNoise(direction: Direction, { timestep }: DdpmNoiseSettings = {}): Objective {
  const name = 'ddpmNoise';
  return {
    name,
    paper: 'Ho et al. 2020, arXiv:2006.11239; Li et al. 2023, arXiv:2310.18936, Eq. 18',
    direction,
    needs: ['denoise', ...(direction === 'toward' ? (['reference'] as const) : [])],
    loss: (images, context) => {
      const denoise = requirePart(context.encoder, 'denoise', name);
      const { t, alphaBar } = momentOf(context.encoder.diffusion, timestep);
      const dims = [1, 2, 3].map((axis) => fixedDim(images.shape, axis));
      const noise = context.draw('objective.noise', 'normal', dims);
      const wanted = direction === 'away' ? noise : add(noise, correction(images, context, alphaBar));
      const error = sub(denoise(images, noise, t), wanted);
      const loss = meanPerSample(mul(error, error));
      return { loss: direction === 'away' ? loss : neg(loss) };
    },
  };
}

/** √(ᾱ/(1−ᾱ)) (x' − r) */
function correction(images: Value, context: ObjectiveContext, alphaBar: number): Value {
  const distance = sub(images, requireGiven(context, 'reference'));
  return mul(distance, pixelScale * Math.sqrt(alphaBar / (1 - alphaBar)));
}

function momentOf(
  schedule: DiffusionSchedule | undefined,
  timestep: number | undefined,
): { readonly t: number; readonly alphaBar: number } {
  if (schedule === undefined) {
    throw new PreconditionError('ddpmNoise: the encoder has no noise schedule', {
      reason: 'PART_MISSING',
      facts: { part: 'denoise', alternative: 'use an encoder trained by diffusion' },
    });
  }
  const t = timestep ?? schedule.timestep;
  const alphaBar = schedule.alphaBar[t];
  if (alphaBar === undefined) {
    const expected = `an integer from 0 to ${schedule.alphaBar.length - 1}`;
    throw new InputError([{ field: 'timestep', expected, got: String(t) }]);
  }
  return { t, alphaBar };
}
