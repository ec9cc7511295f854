import type { SampleRecord } from '@parallax/attacks';
import type { RecordHeader } from '../verification/record-header.ts';
import { accuracyOverDistance, accuracyOverSteps } from './accuracy-curves.ts';
import { drawPanels, type Panel } from './svg.ts';

/** Robust accuracy over the steps of an attack and, where distances were looked for, over the radius, as an SVG drawing. */
export function attackPlot(header: RecordHeader, records: readonly SampleRecord[]): string {
  const { attack, budget, dataset, encoders, selection, stages } = header;
  const names = encoders.map(({ name }) => name).join(' + ');
  const what = `${attack} on ${names}, ${records.length} images of ${dataset.name.slice(0, 40)}`;
  const over: Panel = {
    title: `Robust accuracy, ${what}`,
    xLabel: stages === undefined ? 'step' : 'stages, by step',
    ...accuracyOverSteps(records, stages?.map((stage) => stage.attack) ?? [attack]),
  };
  if (selection !== 'distance') return drawPanels([over]);
  const distance: Panel = {
    title: 'Images without an adversarial example nearer than the radius',
    xLabel: `radius, ${budget.norm}`,
    ...accuracyOverDistance(records, budget.norm),
  };
  return drawPanels([over, distance]);
}
