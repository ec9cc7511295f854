import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { describeValue, InputError } from '@parallax/config';
import { MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { createJsonMethod } from '@parallax/rpc';
import type { Handler } from 'hono';
import { parseQuery } from '../http/parse-query.ts';
import { answerOf, type Upstream } from '../upstream/upstream.ts';

const tables: ReadonlyMap<string, string> = new Map([
  ['measurements', 'TABLE_MEASUREMENTS'],
  ['usefulness', 'TABLE_USEFULNESS'],
  ['robustness', 'TABLE_ROBUSTNESS'],
  ['transfer-matrix', 'TABLE_TRANSFER_MATRIX'],
  ['loss-trajectories', 'TABLE_LOSS_TRAJECTORY'],
]);

const formats: ReadonlyMap<string, string> = new Map([
  ['csv', 'FORMAT_CSV'],
  ['json', 'FORMAT_JSON'],
  ['md', 'FORMAT_MARKDOWN'],
  ['tex', 'FORMAT_LATEX'],
]);

/** `GET /experiments/:experimentId/tables/:file`: a table as a file, such as `transfer-matrix.csv`; the query narrows the filter. */
export function exportTable(metrics: Upstream<typeof MetricsServiceService>): Handler {
  const json = createJsonMethod(MetricsServiceService.exportTable);
  const filterDescription = filterOf(json.description);
  return async (c) => {
    const { experimentId = '', file = '' } = c.req.param() as Record<string, string>;
    const filter = { ...parseQuery(filterDescription, new URL(c.req.url).searchParams), experimentId };
    const request = json.parseRequest({ ...parseFileName(file), filter });
    const answer = metrics.client.exportTable(request, { signal: c.req.raw.signal });
    const { mediaType, fileName, contents } = await answerOf(metrics, answer);
    return c.body(new Uint8Array(contents), 200, {
      'Content-Type': mediaType,
      'Content-Disposition': `attachment; filename="${fileName.replaceAll(/[^\w.-]/g, '_')}"`,
    });
  };
}

function filterOf({ input }: DescMethod): DescMessage {
  const { filter } = input.field;
  if (filter?.fieldKind !== 'message') throw new Error('expected ExportTableRequest to have a filter');
  return filter.message;
}

function parseFileName(file: string): { readonly table: string; readonly format: string } {
  const [name = '', extension = ''] = file.split('.');
  const table = tables.get(name);
  const format = formats.get(extension);
  if (table !== undefined && format !== undefined) return { table, format };
  const expected = `one of ${[...tables.keys()].join(', ')}, then one of ${[...formats.keys()].map((name) => `.${name}`).join(', ')}`;
  throw new InputError([{ field: 'file', expected, got: describeValue(file) }]);
}
