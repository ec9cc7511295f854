import type { Report } from './report.ts';

/** The records of a report as a JSON array. */
export function renderJson({ records }: Report): string {
  return `${JSON.stringify(records, null, 2)}\n`;
}
