import type { Cell } from './report.ts';

/** A cell in words: shares in per cent with one decimal and their interval, numbers with four digits, nothing as a dash. */
export function cellText(cell: Cell, percentSign: string): string {
  switch (cell.kind) {
    case 'text':
      return cell.text;
    case 'number':
      return cell.value.toPrecision(4);
    case 'share': {
      const value = `${percent(cell.value)}${percentSign}`;
      return cell.interval ? `${value} [${percent(cell.interval.lower)}, ${percent(cell.interval.upper)}]` : value;
    }
    case 'nothing':
      return '–';
  }
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
