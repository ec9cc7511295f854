import type { EncoderOutcome, Experiment, Proportion } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import { encodersOf, type MatrixEncoder } from '../model/transfer-matrix.ts';
import { count, duration, paradigmName, percent, percentRange, points } from './format.ts';
import { paradigmTag } from './paradigm-tag.ts';
import { section } from './section.ts';

/** The encoders, and how much a linear head gets out of their features, beside one on raw pixels. */
export function encoderSection(experiment: Experiment): VirtualElement {
  const { result } = experiment;
  const known = new Map(result?.encoders.map((encoder) => [encoder.name, encoder]));
  const raw = result?.rawPixels;
  const scale = scaleFor([raw, ...(result?.encoders.map(({ probeAccuracy }) => probeAccuracy) ?? [])]);
  return section(
    'encoders',
    'Encoders',
    'A linear head on frozen features, tested on natural images; the dashed line is the same head on raw pixels.',
    h(
      'div',
      { class: 'table-scroll' },
      h(
        'table',
        { class: 'data encoders' },
        h('thead', {}, headRow(scale)),
        h(
          'tbody',
          {},
          encodersOf(experiment).map((planned) => encoderRow(planned, known.get(planned.name), raw, scale)),
          raw !== undefined && rawRow(raw, scale),
        ),
      ),
    ),
  );
}

function headRow(scale: number): VirtualElement {
  const column = (name: string, kind = '') => h('th', { scope: 'col', class: kind }, name);
  return h(
    'tr',
    {},
    column('Encoder'),
    column('Paradigm'),
    column('Parameters', 'number'),
    column('Features', 'number'),
    column('Training', 'number'),
    column('Probe accuracy', 'number'),
    h(
      'th',
      { class: 'plot', 'aria-hidden': 'true' },
      h('span', {}, '0'),
      h('span', {}, `${Math.round(100 * scale)} %`),
    ),
    column('Over raw pixels', 'number'),
  );
}

function encoderRow(
  { name, paradigm }: MatrixEncoder,
  encoder: EncoderOutcome | undefined,
  raw: Proportion | undefined,
  scale: number,
): VirtualElement {
  const accuracy = encoder?.probeAccuracy;
  const ahead = accuracy !== undefined && raw !== undefined ? accuracy.value - raw.value : undefined;
  return h(
    'tr',
    { 'data-encoder': name },
    h('th', { scope: 'row' }, name),
    h('td', {}, paradigmTag(paradigm), ` ${paradigmName(paradigm)}`),
    number(encoder && count(Number(encoder.parameters))),
    number(encoder && String(encoder.featureDimension)),
    number(encoder && trainingOf(encoder)),
    number(accuracy && accuracyText(accuracy)),
    h('td', { class: 'plot' }, dotPlot(accuracy, raw, scale)),
    number(ahead === undefined ? undefined : `${points(ahead)} pts`, ahead !== undefined && ahead < 0 ? 'worse' : ''),
  );
}

function rawRow(raw: Proportion, scale: number): VirtualElement {
  return h(
    'tr',
    { class: 'reference', 'data-encoder': 'raw pixels' },
    h('th', { scope: 'row', colspan: 5 }, 'raw pixels'),
    number(accuracyText(raw)),
    h('td', { class: 'plot' }, dotPlot(raw, raw, scale)),
    h('td', {}),
  );
}

function number(text: string | readonly VirtualElement[] | undefined, kind = ''): VirtualElement {
  return h('td', { class: `number ${kind}` }, text ?? '–');
}

function accuracyText(accuracy: Proportion): readonly VirtualElement[] {
  return [
    h('span', { class: 'strong' }, `${percent(accuracy.value)} %`),
    h('span', { class: 'interval' }, ` ${percentRange(accuracy)}`),
  ];
}

function trainingOf({ reused, trainSeconds }: EncoderOutcome): string {
  if (reused) return 'reused';
  return trainSeconds > 0 ? duration(trainSeconds) : '–';
}

/** Right end of the axis: the next ten percent above every interval. */
function scaleFor(accuracies: readonly (Proportion | undefined)[]): number {
  const most = Math.max(0.1, ...accuracies.map((accuracy) => accuracy?.interval?.upper ?? 0));
  return Math.min(Math.ceil(most * 10) / 10, 1);
}

const plotWidth = 240;

/** An accuracy as a dot on its interval, with raw pixels as a dashed line; the numbers stand beside it. */
function dotPlot(accuracy: Proportion | undefined, raw: Proportion | undefined, scale: number): VirtualElement {
  const x = (value: number) => ((plotWidth * value) / scale).toFixed(1);
  const { lower = 0, upper = 0 } = accuracy?.interval ?? {};
  return h(
    'svg',
    { viewBox: `0 0 ${plotWidth} 28`, width: plotWidth, height: 28, 'aria-hidden': 'true' },
    h('line', { class: 'plot-axis', x1: 0, x2: plotWidth, y1: 14, y2: 14 }),
    raw !== undefined && h('line', { class: 'plot-raw', x1: x(raw.value), x2: x(raw.value), y1: 0, y2: 28 }),
    accuracy !== undefined && h('line', { class: 'plot-interval', x1: x(lower), x2: x(upper), y1: 14, y2: 14 }),
    accuracy !== undefined && h('circle', { class: 'plot-dot', cx: x(accuracy.value), cy: 14, r: 5 }),
  );
}
