import { formatDatasetName, openDataset, parseDatasetName } from '@parallax/datasets';
import type { CarriedOut } from './carried-out.ts';

/** Samples attacked unless the plan says otherwise. */
const standardSamples = 200;

/** The name of the images that are attacked: the first of the test images. */
export async function attackedDataset({
  plan,
  datasets,
}: CarriedOut): Promise<{ readonly name: string; readonly length: number }> {
  const test = await openDataset(plan.testDataset?.name ?? '', datasets);
  const length = Math.min(plan.attackSamples === 0 ? standardSamples : plan.attackSamples, test.length);
  const parsed = parseDatasetName(test.name);
  const from = parsed.range?.from ?? 0;
  return { name: formatDatasetName({ ...parsed, range: { from, to: from + length } }), length };
}
