import { parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseClasses, parseSampleIds } from '@parallax/messages';
import type { AttackRequest_AttackBatch as BatchMessage } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { AttackBatch } from '../attacking/attack-batch.ts';

/**
 * Reads a batch of images to attack. Targets and references are for the encoder service to judge.
 * @throws InputError naming every field that is wrong.
 */
export function parseBatch(
  given: BatchMessage,
  {
    shape,
    classes,
    firstId,
  }: { readonly shape: readonly number[]; readonly classes: number; readonly firstId: number },
): AttackBatch {
  const count = given.images?.shape[0] ?? 0;
  const { images, labels, sampleIds } = parseAll({
    images: () => parseImages(given.images, { field: 'images', shape }),
    labels: () => parseClasses(given.labels, { field: 'labels', count, classes }),
    sampleIds: () => parseSampleIds(given.sampleIds, count, firstId),
  });
  return { images, labels, sampleIds, targets: given.targets, references: given.references };
}
