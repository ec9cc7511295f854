import type { Experiment } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import { section } from './section.ts';

/** What makes the numbers repeatable, and where to get them as files. */
export function provenanceSection({ run, plan, result }: Experiment): VirtualElement {
  const base = `/api/v1/experiments/${encodeURIComponent(run.id)}`;
  const files: readonly (readonly [string, string])[] = [
    ['matrices, CSV', `${base}/tables/transfer-matrix.csv`],
    ['matrices, LaTeX', `${base}/tables/transfer-matrix.tex`],
    ['matrices, Markdown', `${base}/tables/transfer-matrix.md`],
    ['measurements, CSV', `${base}/tables/measurements.csv`],
    ['everything, JSON', base],
  ];
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Experiment', run.id],
    ['Trained on', plan.trainDataset?.name],
    ['Tested on', plan.testDataset?.name],
    ['Seed', plan.seed],
    ['Started', run.startTime && new Date(run.startTime).toLocaleString()],
    ['Sample set', result?.sampleSetDigest.slice(0, 16)],
  ];
  return section(
    'provenance',
    'Provenance',
    '',
    h(
      'dl',
      { class: 'facts' },
      facts.map(([name, value]) => value && h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
    h(
      'p',
      { class: 'files' },
      files.map(([name, href]) => h('a', { href }, name)),
    ),
  );
}
