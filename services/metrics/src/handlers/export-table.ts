import { Violations } from '@parallax/config';
import {
  type ExportTableRequest,
  ExportTableRequest_Format,
  ExportTableRequest_Table,
  type MetricsServiceService,
} from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseExperimentFilter } from '../measurements/parse-filter.ts';
import { type FormatName, formats } from '../tables/formats.ts';
import { type ReportName, reports } from '../tables/reports.ts';

/** Renders what is recorded as a file. */
export function exportTable(store: MeasurementStore): Handler<MetricsServiceService, 'exportTable'> {
  return async (request) => {
    const { reportName, formatName } = parseTable(request);
    const report = await reports[reportName](store, parseExperimentFilter(request.filter, 'filter'));
    const { mediaType, extension, render } = formats[formatName];
    return { mediaType, fileName: `${report.name}.${extension}`, contents: Buffer.from(render(report)) };
  };
}

function parseTable({ table, format }: ExportTableRequest) {
  const reportNames = Object.keys(reports) as ReportName[];
  const formatNames = Object.keys(formats) as FormatName[];
  const reportName = reportNames.find((name) => ExportTableRequest_Table[name] === table);
  const formatName = formatNames.find((name) => ExportTableRequest_Format[name] === format);
  const violations = new Violations();
  violations.expect(reportName !== undefined, 'table', `one of ${reportNames.join(', ')}`, table);
  violations.expect(formatName !== undefined, 'format', `one of ${formatNames.join(', ')}`, format);
  violations.throwIfAny();
  return { reportName: reportName as ReportName, formatName: formatName as FormatName };
}
