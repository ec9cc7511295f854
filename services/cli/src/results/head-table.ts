import type { SourceSummary } from '@parallax/proto/parallax/attack/v1/attack_summary';
import { formatProportion } from '../terminal/percent.ts';
import { formatTable } from '../terminal/table.ts';

/** Accuracy of each of several encoders attacked together, on the clean images and on the stored ones. */
export function headTable(encoders: readonly string[], sources: readonly SourceSummary[]): string {
  const columns = [
    { heading: 'encoder' },
    { heading: 'accuracy, clean', align: 'right' as const },
    { heading: 'on the stored images', align: 'right' as const },
  ];
  const rows = sources.map(({ cleanCorrect, adversarialCorrect }, place) => [
    encoders[place] ?? '',
    formatProportion(cleanCorrect),
    formatProportion(adversarialCorrect),
  ]);
  return formatTable(columns, rows);
}
