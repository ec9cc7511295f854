import { InputError } from '@parallax/config';
import { div, mul, neg, sub } from '@parallax/graph';
import { repeatDraw } from './draws.ts';
import { anchorOf } from './embedding.ts';
import type { Direction, Objective } from './objective.ts';
import { requirePart } from './require.ts';
import { meanPerSample } from './vectors.ts';

export interface MaeReconstructionSettings {
  /** Fraction of patches hidden, in (0,1). Default: the encoder's own. */
  readonly maskRatio?: number;
  /** Average over all pixels. Default false: over the hidden ones, as in training. */
  readonly allPixels?: boolean;
}

/**
 * Mean squared error between what is reconstructed from the masked x' and the clean image, pixels scaled to [-1,1];
 * toward a reference the attacker increases minus the error against the reference. Every draw has a mask of its own.
 */
export function maeReconstruction(
  direction: Direction,
  { maskRatio, allPixels = false }: MaeReconstructionSettings = {},
): Objective {
  const name = 'maeReconstruction';
  if (maskRatio !== undefined && !(maskRatio > 0 && maskRatio < 1)) {
    throw new InputError([{ field: 'maskRatio', expected: 'a fraction in (0,1)', got: String(maskRatio) }]);
  }
  return {
    name,
    paper: 'He et al. 2022, arXiv:2111.06377; Li et al. 2023, arXiv:2310.18936, Eq. 17',
    direction,
    needs: ['reconstruct', ...(direction === 'toward' ? (['reference'] as const) : [])],
    loss: (images, context) => {
      const reconstruct = requirePart(context.encoder, 'reconstruct', name);
      const draws = repeatDraw(context.draw);
      const { prediction, mask } = reconstruct(images, draws(), maskRatio);
      const { target } = reconstruct(anchorOf(context, direction), draws(), maskRatio);
      const error = sub(prediction, target);
      const squared = mul(error, error);
      const loss = allPixels ? meanPerSample(squared) : div(meanPerSample(mul(squared, mask)), meanPerSample(mask));
      return { loss: direction === 'away' ? loss : neg(loss) };
    },
  };
}
