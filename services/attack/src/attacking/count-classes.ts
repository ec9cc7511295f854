import { askClasses } from '@parallax/messages';
import type { CallOptions } from '@parallax/rpc';
import type { Tensor } from '@parallax/tensor';
import { blaming } from './blame-source.ts';
import type { Source } from './source.ts';

/**
 * How many classes the heads that judge tell apart: those that all of them know. Asks each for the class of one image.
 * @throws RpcError when there is no such head.
 */
export async function countClasses(
  sources: readonly Source[],
  image: Tensor<'float32'>,
  options: CallOptions,
): Promise<number> {
  const how = { seed: 0n, allDraws: false };
  const counts = sources.map((source) =>
    blaming(source, async () => {
      const { logits } = await askClasses({ source, draws: 1 }, { images: image, sampleIds: [0] }, how, options);
      return logits?.shape[1] ?? 0;
    }),
  );
  return Math.min(...(await Promise.all(counts)));
}
