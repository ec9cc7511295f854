import { assertSummable } from '@parallax/attacks';
import { askClasses } from '@parallax/messages';
import type { CallOptions } from '@parallax/rpc';
import type { Tensor } from '@parallax/tensor';
import type { AttackTask } from './attack-batch.ts';
import { blaming } from './blame-source.ts';

/**
 * How many classes the heads that judge tell apart: those that all of them know. Asks each for the class of one image.
 * @throws RpcError when there is no such head; PreconditionError (SHAPES_DIFFER) when what they say cannot be added up
 *   though the attack needs the sum.
 */
export async function countClasses(
  { sources, attack }: Pick<AttackTask, 'sources' | 'attack'>,
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
  const classes = await Promise.all(counts);
  for (const { bound } of attack.stages) assertSummable(bound, classes);
  return Math.min(...classes);
}
