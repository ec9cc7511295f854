import type { Proportion } from '../api/messages.ts';
import { type Child, h, type VirtualElement } from '../dom/element.ts';
import type { CellPlace } from '../model/page-state.ts';
import { meansOf, type TransferMatrix } from '../model/transfer-matrix.ts';
import { percent, percentRange, points } from './format.ts';

/** What the matrix says: of the cell pointed at, in a sentence; else as a whole, in three numbers. */
export function readout(matrix: TransferMatrix, place: CellPlace | undefined): VirtualElement {
  const content = place === undefined ? overview(matrix) : explanation(matrix, place);
  return h('div', { class: 'readout', 'aria-live': 'polite' }, content);
}

function overview(matrix: TransferMatrix): readonly Child[] {
  const { clean, transferred, own } = meansOf(matrix);
  return [
    h('h3', {}, 'Mean accuracy'),
    h(
      'dl',
      { class: 'figures' },
      figure('on clean images', clean),
      figure('on examples from other encoders', transferred),
      figure('on examples from itself', own),
    ),
    h('p', { class: 'hint' }, 'Point at a cell, or move with the arrow keys, to read it.'),
  ];
}

function figure(name: string, value: number | undefined): VirtualElement {
  const text = value === undefined ? '–' : `${percent(value)} %`;
  return h('div', {}, h('dt', {}, name), h('dd', {}, text));
}

function explanation(matrix: TransferMatrix, { row, column }: CellPlace): readonly Child[] {
  const { encoders, clean, rows, attack } = matrix;
  const target = encoders[column]?.name;
  const source = row === 'clean' ? undefined : encoders[row]?.name;
  const accuracy = row === 'clean' ? clean[column] : rows[row]?.[column];
  const images =
    source === undefined ? 'clean images' : `${attack} examples found on ${source === target ? 'itself' : source}`;
  return [
    h('h3', {}, h('strong', {}, target), ` on ${images}`),
    accuracy === undefined || accuracy.trials === 0
      ? h('p', {}, 'Not measured yet.')
      : measured(accuracy, row === 'clean' ? undefined : clean[column]),
  ];
}

function measured(accuracy: Proportion, clean: Proportion | undefined): readonly Child[] {
  const { successes, trials, value } = accuracy;
  return [
    h('p', { class: 'readout-value' }, `${percent(value)} %`),
    h('p', {}, `${successes} of ${trials} right; 95 % interval ${percentRange(accuracy)} %.`),
    clean !== undefined &&
      clean.trials > 0 &&
      h('p', {}, `${points(value - clean.value)} points against ${percent(clean.value)} % on the clean images.`),
  ];
}
