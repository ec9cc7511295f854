import { cellText } from './cell-text.ts';
import type { Report, Table } from './report.ts';

/** The tables of a report as LaTeX tabulars, for the package booktabs. */
export function renderLatex({ tables }: Report): string {
  return tables.map(renderTable).join('\n');
}

function renderTable({ caption, header, rows }: Table): string {
  const columns = `l${'r'.repeat(Math.max(0, header.length - 1))}`;
  const line = (cells: readonly string[]) => `${cells.map(escaped).join(' & ')} \\\\`;
  return [
    `% ${caption.replaceAll(/\s+/g, ' ')}`,
    `\\begin{tabular}{${columns}}`,
    '\\toprule',
    line(header),
    '\\midrule',
    ...rows.map((row) => line(row.map((cell) => cellText(cell, '%')))),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
};

function escaped(text: string): string {
  return text.replaceAll(/[\\~^–&%$#_{}]/g, (character) => escapes[character] ?? `\\${character}`);
}
