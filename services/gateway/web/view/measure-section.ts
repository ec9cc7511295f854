import type { FeatureMeasure, Paradigm } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import type { PageState } from '../model/page-state.ts';
import { paradigmCode, paradigmName, percent, percentRange } from './format.ts';
import { section } from './section.ts';

const paradigms: readonly Paradigm[] = ['PARADIGM_SL', 'PARADIGM_CL', 'PARADIGM_MIM', 'PARADIGM_DM'];

/** Usefulness and robustness of the features, by paradigm and over all of them, as the aggregator computes them. */
export function measureSection({ usefulness, robustness }: PageState): VirtualElement | undefined {
  const measures = [...usefulness, ...robustness];
  if (measures.length === 0) return undefined;
  return section(
    'measures',
    'Are the features real?',
    'Usefulness U and robustness R of a feature under each paradigm; across paradigms it is worth its least value (Eq. 7–10).',
    h(
      'div',
      { class: 'table-scroll' },
      h(
        'table',
        { class: 'data' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, 'Measure'),
            h('th', { scope: 'col' }, 'Feature'),
            paradigms.map((paradigm) =>
              h('th', { scope: 'col', class: 'number', title: paradigmName(paradigm) }, paradigmCode(paradigm)),
            ),
            h('th', { scope: 'col', class: 'number' }, 'Across paradigms'),
          ),
        ),
        h('tbody', {}, measures.map(measureRow)),
      ),
    ),
  );
}

function measureRow(measure: FeatureMeasure): VirtualElement {
  const { feature, attack, cross, crossParadigm, complete, paradigms: known } = measure;
  const name = attack === '' ? 'U, usefulness' : `R, robustness under ${attack}`;
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    h('td', {}, feature),
    paradigms.map((paradigm) => {
      const value = known.find((one) => one.paradigm === paradigm)?.absolute;
      if (value === undefined) return h('td', { class: 'number' }, '–');
      return h('td', { class: 'number', title: `95 % interval ${percentRange(value)} %` }, `${percent(value.value)} %`);
    }),
    h(
      'td',
      { class: 'number' },
      h('span', { class: 'strong' }, `${complete ? '' : '≤ '}${percent(cross)} %`),
      h('span', { class: 'interval' }, ` ${paradigmCode(crossParadigm)}`),
    ),
  );
}
