import type { Report } from './report.ts';

/** The records of a report as RFC 4180 has it: one header line, CRLF, quotes where they are needed; null is empty. */
export function renderCsv({ fields, records }: Report): string {
  const lines = [fields, ...records.map((record) => fields.map((field) => record[field] ?? ''))];
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

function quoted(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
