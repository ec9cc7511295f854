import { askClasses } from '@parallax/messages';
import type { CallOptions } from '@parallax/rpc';
import type { Tensor } from '@parallax/tensor';
import type { Source } from './source.ts';

/**
 * How many classes the head that judges tells apart. Asks for the class of one image.
 * @throws RpcError when there is no such head.
 */
export async function countClasses(source: Source, image: Tensor<'float32'>, options: CallOptions): Promise<number> {
  const judge = { source, draws: 1 };
  const { logits } = await askClasses(judge, { images: image, sampleIds: [0] }, { seed: 0n, allDraws: false }, options);
  return logits?.shape[1] ?? 0;
}
