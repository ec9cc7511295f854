import type { Proportion } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import type { CellPlace, Selection } from '../model/page-state.ts';
import type { MatrixEncoder, TransferMatrix } from '../model/transfer-matrix.ts';
import { colourOf, inkOn } from './colour-scale.ts';
import { percent, percentRange } from './format.ts';
import { moveAmongCells } from './move-among-cells.ts';
import { paradigmTag } from './paradigm-tag.ts';

/**
 * A transfer matrix as a heat map that is a table: one row a source, one column a target, the accuracy on clean images
 * first. Every cell holds its number, interval and counts; arrow keys move from cell to cell.
 */
export function heatMap(
  matrix: TransferMatrix,
  selection: Selection,
  select: (selection: Partial<Selection>) => void,
): VirtualElement {
  const { encoders, clean, rows } = matrix;
  const place = selection.cell;
  const cell = (accuracy: Proportion | undefined, row: number | 'clean', column: number) =>
    matrixCell(matrix, accuracy, { row, column }, place, select);
  return h(
    'table',
    {
      class: 'heat-map',
      role: 'grid',
      'aria-label': `Accuracy under transfer of ${matrix.attack}`,
      on: { keydown: moveAmongCells, mouseleave: () => select({ cell: undefined }) },
    },
    h('thead', {}, columnHeads(encoders, place)),
    h(
      'tbody',
      { class: 'heat-clean' },
      h(
        'tr',
        {},
        h('td', { class: 'axis-space' }),
        h('th', { scope: 'row', class: 'row-head' }, h('span', { class: 'row-name' }, 'clean images')),
        clean.map((accuracy, column) => cell(accuracy, 'clean', column)),
      ),
    ),
    h(
      'tbody',
      {},
      rows.map((row, index) =>
        h(
          'tr',
          {},
          index === 0 && rowAxis(rows.length),
          rowHead(encoders[index], place?.row === index, () => select({ source: encoders[index]?.name })),
          row.map((accuracy, column) => cell(accuracy, index, column)),
        ),
      ),
    ),
  );
}

function columnHeads(encoders: readonly MatrixEncoder[], place: CellPlace | undefined): readonly VirtualElement[] {
  const columns = encoders.map(({ name, paradigm }, column) =>
    h(
      'th',
      { scope: 'col', class: place?.column === column ? 'column-head lit' : 'column-head' },
      h('span', { class: 'column-name' }, name),
      paradigmTag(paradigm),
    ),
  );
  return [
    h(
      'tr',
      { class: 'axis' },
      h('td', { colspan: 2 }),
      h('th', { colspan: encoders.length, scope: 'colgroup' }, 'judged by'),
    ),
    h('tr', {}, h('td', { colspan: 2 }), columns),
  ];
}

function rowAxis(rows: number): VirtualElement {
  return h('th', { rowspan: rows, scope: 'rowgroup', class: 'row-axis' }, h('span', {}, 'adversarial examples from'));
}

function rowHead(encoder: MatrixEncoder | undefined, lit: boolean, showImages: () => void): VirtualElement {
  return h(
    'th',
    { scope: 'row', class: lit ? 'row-head lit' : 'row-head' },
    h(
      'a',
      { href: '#images', title: `Show images attacked on ${encoder?.name}`, on: { click: showImages } },
      h('span', { class: 'row-name' }, encoder?.name),
    ),
    encoder !== undefined && paradigmTag(encoder.paradigm),
  );
}

function matrixCell(
  { attack, encoders, scale }: TransferMatrix,
  accuracy: Proportion | undefined,
  place: CellPlace,
  selected: CellPlace | undefined,
  select: (selection: Partial<Selection>) => void,
): VirtualElement {
  const { row, column } = place;
  const source = row === 'clean' ? '' : encoders[row]?.name;
  const own = row === column;
  const current = selected?.row === row && selected.column === column;
  const entry = selected === undefined ? row === 'clean' && column === 0 : current;
  const show = () => select({ cell: place });
  const shared = {
    'data-cell': [row === 'clean' ? 'clean' : attack, source, encoders[column]?.name].filter(Boolean).join('/'),
    'data-row': row,
    'data-column': column,
    // One cell takes part in the order of tabulation; the arrow keys lead to the others.
    tabindex: entry ? 0 : -1,
    on: { focus: show, mouseenter: show },
  };
  if (accuracy === undefined || accuracy.trials === 0) {
    return h('td', { ...shared, class: 'cell pending' }, h('span', { class: 'unseen' }, 'not measured yet'));
  }
  const shade = accuracy.value / scale;
  const style = { background: colourOf(shade), color: inkOn(shade) };
  const classes = ['cell', own && 'own', current && 'current'].filter(Boolean).join(' ');
  return h('td', { ...shared, class: classes, style }, cellContent(accuracy, scale));
}

function cellContent(accuracy: Proportion, scale: number): readonly VirtualElement[] {
  const { successes, trials, value, interval } = accuracy;
  const { lower, upper } = interval ?? { lower: value, upper: value };
  const along = (accuracyValue: number) => 100 * Math.min(accuracyValue / scale, 1);
  return [
    h('span', { class: 'cell-value' }, percent(value), h('span', { class: 'cell-sign' }, '%')),
    h('span', { class: 'cell-interval' }, percentRange(accuracy)),
    h('span', { class: 'cell-count' }, `${successes}/${trials}`),
    h(
      'span',
      { class: 'whisker', 'aria-hidden': 'true' },
      h('span', { class: 'whisker-range', style: { left: `${along(lower)}%`, right: `${100 - along(upper)}%` } }),
    ),
  ];
}
