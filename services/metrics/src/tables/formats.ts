import type { ExportTableRequest_Format } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { renderCsv } from './csv.ts';
import { renderJson } from './json.ts';
import { renderLatex } from './latex.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';

/** One way to write a report down. */
export interface Format {
  readonly mediaType: string;
  /** Of the file, without the dot. */
  readonly extension: string;
  readonly render: (report: Report) => string;
}

export type FormatName = Exclude<keyof typeof ExportTableRequest_Format, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

export const formats: { readonly [F in FormatName]: Format } = {
  CSV: { mediaType: 'text/csv; charset=utf-8', extension: 'csv', render: renderCsv },
  JSON: { mediaType: 'application/json', extension: 'json', render: renderJson },
  MARKDOWN: { mediaType: 'text/markdown; charset=utf-8', extension: 'md', render: renderMarkdown },
  LATEX: { mediaType: 'application/x-latex; charset=utf-8', extension: 'tex', render: renderLatex },
};
