import { h, type VirtualElement } from '../dom/element.ts';
import { scaleGradient } from './colour-scale.ts';
import { percent } from './format.ts';

/** The colour scale of the heat map, up to `end`; `classes` marks the accuracy of guessing. */
export function legend(end: number, classes: number | undefined): VirtualElement {
  const step = end > 0.5 ? 0.2 : 0.1;
  const ticks = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
  const left = (accuracy: number) => ({ left: `${(100 * accuracy) / end}%` });
  const marks = ticks.map((tick) => h('span', { class: 'tick', style: left(tick) }, (100 * tick).toFixed(0)));
  const chance =
    classes !== undefined &&
    h('span', { class: 'chance', style: left(1 / classes) }, h('span', {}, `guessing ${percent(1 / classes)}`));
  return h(
    'div',
    { class: 'legend' },
    h('span', { class: 'legend-title' }, 'accuracy, %'),
    h(
      'div',
      { class: 'scale' },
      h('div', { class: 'scale-colours', style: { background: scaleGradient() } }),
      marks,
      chance,
    ),
    h('span', { class: 'legend-key' }, h('span', { class: 'own-sample' }), 'attacked on itself'),
    h('span', { class: 'legend-key' }, h('span', { class: 'whisker-sample' }), '95 % interval'),
  );
}
