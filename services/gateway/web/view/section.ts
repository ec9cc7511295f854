import { type Child, h, type VirtualElement } from '../dom/element.ts';

/** A part of the page under a heading, with a sentence that says what it shows. */
export function section(id: string, title: string, lead: string, ...children: readonly Child[]): VirtualElement {
  return h(
    'section',
    { id, class: 'section', 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title` }, title),
    lead !== '' && h('p', { class: 'lead' }, lead),
    children,
  );
}
