import type { Experiment } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import type { Actions, PageState } from '../model/page-state.ts';
import { transferMatrix } from '../model/transfer-matrix.ts';
import { choice } from './choice.ts';
import { budget } from './format.ts';
import { heatMap } from './heat-map.ts';
import { legend } from './legend.ts';
import { readout } from './readout.ts';
import { section } from './section.ts';

/** The transfer matrix of the attack chosen, with its switch, legend and reading aid. */
export function matrixSection(
  experiment: Experiment,
  { selection }: PageState,
  attack: string,
  { select }: Actions,
): VirtualElement {
  const matrix = transferMatrix(experiment, attack);
  const options = experiment.plan.attacks.map((planned) => ({ value: planned.name, label: labelOf(planned) }));
  const classes = experiment.result?.strips[0]?.classNames.length;
  return section(
    'matrix',
    'Who falls for whose adversarial examples',
    `Each row holds examples found by attacking one encoder; each column is an encoder that judges them. A cell is the share of the ${experiment.result?.attackSamples ?? experiment.plan.attackSamples} images it still gets right.`,
    options.length > 1 && choice('Attack', 'attack', options, attack, (value) => select({ attack: value })),
    h(
      'div',
      { class: 'matrix-figure' },
      h('div', { class: 'matrix-scroll' }, heatMap(matrix, selection, select)),
      h('div', { class: 'matrix-aside' }, readout(matrix, selection.cell), legend(matrix.scale, classes)),
    ),
  );
}

function labelOf({ name, attack }: Experiment['plan']['attacks'][number]): string {
  const ball = attack?.budget === undefined ? '' : ` · ${budget(attack.budget)}`;
  return `${name}${ball}`;
}
