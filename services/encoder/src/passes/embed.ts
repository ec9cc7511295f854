import { PreconditionError } from '@parallax/config';
import { createGraph, input } from '@parallax/graph';
import { createDraws } from '@parallax/objectives';
import { gatherBatch, type Tensor } from '@parallax/tensor';
import type { ServedEncoder } from '../encoders/encoder-library.ts';
import { inParts, outputOf } from './in-parts.ts';
import { drawFeeds, type Randomness, type TracedPass, type Workbench } from './workbench.ts';

/** Which vectors are wanted. */
export type Space = 'features' | 'projections';

/** A batch to embed. */
export interface EmbedTask {
  readonly encoder: ServedEncoder;
  readonly space: Space;
  /** [N,C,H,W] */
  readonly images: Tensor<'float32'>;
  readonly randomness: Randomness;
  /** Index of the noise draw. */
  readonly draw: number;
}

/** Images → features [N,D] or projections [N,P]. @throws PreconditionError for projections of an encoder without them. */
export function embed(bench: Workbench, task: EmbedTask, signal: AbortSignal): Promise<Tensor> {
  const { encoder, space, images, randomness, draw } = task;
  return bench.usePass(
    `embed/${space}/${encoder.bundleDigest}`,
    () => embedPass(encoder, space),
    async (pass) => {
      const results = await inParts(randomness.sampleIds.length, bench.engine.parallelism, signal, (rows) =>
        pass.executable.run(
          { images: gatherBatch(images, rows), ...drawFeeds(pass.draws, randomness, rows, draw) },
          { signal },
        ),
      );
      return outputOf(results, 'vectors');
    },
  );
}

function embedPass({ name, manifest, traced }: ServedEncoder, space: Space): TracedPass {
  const images = input('images', ['N', ...manifest.inputShape]);
  const draws = createDraws();
  const features = traced.encode(images, draws.draw);
  if (space === 'features') {
    return {
      graph: createGraph([images, ...draws.inputs], { vectors: features }),
      draws: draws.specs,
      negativeDraws: [],
    };
  }
  if (traced.project === undefined) {
    const alternative = 'embed into features instead';
    throw new PreconditionError(`space: encoder ${name} has no part project; ${alternative}`, {
      reason: 'PART_MISSING',
      facts: { part: 'project', alternative },
    });
  }
  return {
    graph: createGraph([images, ...draws.inputs], { vectors: traced.project(features) }),
    draws: draws.specs,
    negativeDraws: [],
  };
}
