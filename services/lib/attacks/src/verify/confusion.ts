import type { SampleRecord } from './record.ts';
import { successDefinitions } from './success.ts';

/** What became of the images of one class. */
export interface ClassOutcome {
  readonly label: number;
  readonly samples: number;
  readonly cleanCorrect: number;
  readonly robust: number;
  /** The classes that its broken samples are taken for, and how many each: most first, ties by class. */
  readonly brokenInto: readonly { readonly prediction: number; readonly samples: number }[];
}

/** Records by class, for every class that has samples, in the order of the classes. */
export function confusion(records: readonly SampleRecord[]): readonly ClassOutcome[] {
  const labels = [...new Set(records.map(({ label }) => label))].sort((a, b) => a - b);
  return labels.map((label) => {
    const own = records.filter((record) => record.label === label);
    const broken = own.filter(successDefinitions.broken).map(({ prediction }) => prediction);
    return {
      label,
      samples: own.length,
      cleanCorrect: own.filter(({ cleanCorrect }) => cleanCorrect).length,
      robust: own.filter(({ robust }) => robust).length,
      brokenInto: frequencies(broken),
    };
  });
}

function frequencies(predictions: readonly number[]): ClassOutcome['brokenInto'] {
  const counts = new Map<number, number>();
  for (const prediction of predictions) counts.set(prediction, (counts.get(prediction) ?? 0) + 1);
  return [...counts]
    .map(([prediction, samples]) => ({ prediction, samples }))
    .sort((a, b) => b.samples - a.samples || a.prediction - b.prediction);
}
