import { h, type VirtualElement } from '../dom/element.ts';

/** What the page shows while there is nothing to show: the command that changes that. */
export function emptyState(): VirtualElement {
  return h(
    'div',
    { class: 'empty' },
    h('h1', {}, 'No experiment yet'),
    h(
      'p',
      {},
      'An experiment trains four small encoders, each by another paradigm, attacks every one of them, and asks all the others what they see.',
    ),
    h('p', {}, 'In the folder of the repository, run'),
    h('pre', {}, h('code', {}, 'npx parallax quickstart')),
    h('p', { class: 'hint' }, 'It takes a few minutes the first time. This page follows by itself.'),
  );
}

/** What the page shows when its address names an experiment that there is not. */
export function unknownExperiment(id: string): VirtualElement {
  return h(
    'div',
    { class: 'empty' },
    h('h1', {}, 'No such experiment'),
    h('p', {}, 'There is no experiment ', h('code', {}, id), ' here. ', h('a', { href: '/' }, 'Show the latest one')),
  );
}
