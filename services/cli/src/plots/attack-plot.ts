import type { SampleRecord } from '@parallax/attacks';
import type { RecordHeader } from '../verification/record-header.ts';
import { accuracyOverDistance, accuracyOverSteps } from './accuracy-curves.ts';
import { drawPanel, type Panel } from './svg.ts';

/** Characters that fit above the drawing. */
const longestTitle = 76;

/**
 * Robust accuracy as an SVG drawing: over the steps of an attack, or, where the nearest images were looked for, over the
 * radius. Images meant to transfer say neither.
 */
export function attackPlot(header: RecordHeader, records: readonly SampleRecord[]): string {
  const { attack, budget, dataset, encoders, selection, stages } = header;
  const names = encoders.map(({ name }) => name).join(' + ');
  const title = `Robust accuracy, ${attack} on ${names}, ${records.length} images of ${dataset.name}`.slice(
    0,
    longestTitle,
  );
  const panel: Panel =
    selection === 'distance'
      ? { title, xLabel: `radius, ${budget.norm}`, ...accuracyOverDistance(records, budget.norm) }
      : {
          title,
          xLabel: stages === undefined ? 'step' : 'stages, by step',
          ...accuracyOverSteps(records, stages?.map((stage) => stage.attack) ?? [attack]),
        };
  return drawPanel(panel);
}
