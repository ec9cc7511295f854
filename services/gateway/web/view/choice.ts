import { h, type VirtualElement } from '../dom/element.ts';

/** A choice among a few, as a row of radio buttons that look like one switch. */
export function choice(
  legend: string,
  name: string,
  options: readonly { readonly value: string; readonly label: string }[],
  chosen: string,
  choose: (value: string) => void,
): VirtualElement {
  const buttons = options.map(({ value, label }) =>
    h(
      'label',
      { class: 'switch-option' },
      h('input', { type: 'radio', name, value, checked: value === chosen, on: { change: () => choose(value) } }),
      h('span', {}, label),
    ),
  );
  return h('fieldset', { class: 'switch' }, h('legend', { class: 'unseen' }, legend), buttons);
}
