import type { HeadVerdict, SampleRecord } from '@parallax/attacks';
import { proportion } from '@parallax/statistics';
import { formatProportion } from '../terminal/percent.ts';
import { formatTable } from '../terminal/table.ts';

/** Accuracy of each of several encoders attacked together, on the clean images and on the stored ones. */
export function headTable(records: readonly SampleRecord[], encoders: readonly string[]): string {
  const columns = [
    { heading: 'encoder' },
    { heading: 'accuracy, clean', align: 'right' as const },
    { heading: 'on the stored images', align: 'right' as const },
  ];
  const rows = encoders.map((encoder, place) => {
    const right = (of: (head: HeadVerdict) => number): string => {
      const hits = records.filter(({ label, heads }) => heads?.[place] !== undefined && of(heads[place]) === label);
      return formatProportion(proportion(hits.length, records.length));
    };
    return [encoder, right(({ cleanPrediction }) => cleanPrediction), right(({ prediction }) => prediction)];
  });
  return formatTable(columns, rows);
}
