import { createBody, fixedDim, forgetSurrogates, input, topologicalOrder, type Value } from '@parallax/graph';
import { createDraws } from '@parallax/objectives';
import { countMacs, gradientBlocker, type LoadedEncoder } from '@parallax/paradigms';

/** What can be read off an encoder's graphs. */
export interface EncoderCard {
  /** P; 0 without projector. */
  readonly projectionDimension: number;
  /** Operators of part `encode`, most frequent first. */
  readonly operators: readonly { readonly operator: string; readonly count: number }[];
  /** Multiply-accumulate operations for one image through part `encode`. */
  readonly macs: number;
  /** The operator that no gradient passes; empty when one reaches the image from every feature. */
  readonly gradientBlocker: string;
}

/** Reads the card off the graphs. Traces them once. */
export function describeEncoder({ manifest, traced }: LoadedEncoder): EncoderCard {
  const images = input('images', ['N', ...manifest.inputShape]);
  const features = traced.encode(images, createDraws().draw);
  const [computed] = forgetSurrogates(createBody([images], [{ name: 'features', value: features }])).outputs;
  const projections = traced.project?.(input('features', ['N', manifest.featureDimension]));
  return {
    projectionDimension: projections === undefined ? 0 : fixedDim(projections.shape, 1),
    operators: countOperators(computed?.value ?? features),
    macs: countMacs([computed?.value ?? features]),
    gradientBlocker: manifest.imported?.gradientBlocker ?? gradientBlocker(features, images)?.op ?? '',
  };
}

function countOperators(result: Value): EncoderCard['operators'] {
  const counts = new Map<string, number>();
  for (const { op } of topologicalOrder([result])) counts.set(op, (counts.get(op) ?? 0) + 1);
  return Array.from(counts, ([operator, count]) => ({ operator, count })).sort((a, b) => b.count - a.count);
}
