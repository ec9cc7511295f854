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
  return { name: firstOf(test.name, length), length };
}

/** The name of the first `count` images of a dataset. */
export function firstOf(dataset: string, count: number): string {
  const parsed = parseDatasetName(dataset);
  const from = parsed.range?.from ?? 0;
  return formatDatasetName({ ...parsed, range: { from, to: from + count } });
}
