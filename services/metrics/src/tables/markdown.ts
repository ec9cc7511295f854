import { cellText } from './cell-text.ts';
import type { Report, Table } from './report.ts';

/** The tables of a report in GitHub's Markdown. */
export function renderMarkdown({ tables }: Report): string {
  return tables.map(renderTable).join('\n');
}

function renderTable({ caption, header, rows }: Table): string {
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  const body = rows.map((row) => row.map((cell) => cellText(cell, ' %')));
  const lines = [header.map(escaped), rule, ...body.map((row) => row.map(escaped))];
  return `${escaped(caption)}\n\n${lines.map((line) => `| ${line.join(' | ')} |\n`).join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\|`*_<>]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ');
}
