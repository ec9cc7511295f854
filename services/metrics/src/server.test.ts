import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import {
  Measurement,
  MeasurementFilter,
  MeasurementKind,
  Subject,
} from '@parallax/proto/parallax/metrics/v1/measurement';
import {
  ExportTableRequest_Format as Format,
  GetRobustnessRequest,
  GetTransferMatrixRequest,
  MetricsServiceService,
  ExportTableRequest_Table as Table,
} from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { type Client, createClient, type RpcServer } from '@parallax/rpc';
import { proportion } from '@parallax/statistics';
import { openState, type State } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetricsServer } from './server.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let state: State;
let server: RpcServer;
let client: Client<MetricsServiceService>;

beforeAll(async () => {
  folder = await temporaryFolder();
  state = await openState({ home: folder.path });
  server = await createMetricsServer({ host: '127.0.0.1', port: 0 }, { ...state, logger: silentLogger });
  client = createClient(MetricsServiceService, server.address);
});
afterAll(async () => {
  client?.close();
  await server?.close();
  await state?.close();
  await folder?.[Symbol.asyncDispose]();
});

const names = { sl: Paradigm.SL, cl: Paradigm.CL } as const;
type Name = keyof typeof names;
const ball = { norm: Norm.LINF, epsilon: 8 / 255 };

function measurement(
  experimentId: string,
  kind: MeasurementKind,
  subject: Partial<Subject>,
  successes: number,
): Measurement {
  return Measurement.create({
    experimentId,
    kind,
    subject: Subject.create({ dataset: 'cifar10:test:0-200', ...subject }),
    value: { $case: 'proportion', value: { successes, trials: 200, value: 0, interval: undefined } },
  });
}

const useful = (experimentId: string, encoder: Name, successes: number) =>
  measurement(experimentId, MeasurementKind.USEFULNESS, { encoder, paradigm: names[encoder] }, successes);

function transfer(experimentId: string, source: Name, target: Name, successes: number, attack = 'pgd'): Measurement {
  const who = { encoder: target, paradigm: names[target], sourceEncoder: source, sourceParadigm: names[source] };
  const how = { attack, budget: ball, objective: 'cross-entropy' };
  return measurement(experimentId, MeasurementKind.TRANSFER, { ...who, ...how }, successes);
}

const ofExperiment = (experimentId: string) => MeasurementFilter.create({ experimentId });

describe('recording', () => {
  it('gives growing ids and lists the newest first, page by page', async () => {
    const { ids } = await client.recordMeasurements({
      measurements: [useful('pages', 'sl', 1), useful('pages', 'sl', 2), useful('pages', 'sl', 3)],
      requestId: '',
    });
    expect([...ids].sort((a, b) => Number(a - b))).toEqual(ids);
    const first = await client.listMeasurements({ filter: ofExperiment('pages'), pageSize: 2, pageToken: '' });
    expect(first.measurements.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const { nextPageToken: pageToken } = first;
    const second = await client.listMeasurements({ filter: ofExperiment('pages'), pageSize: 2, pageToken });
    expect(second.measurements.map(({ id }) => id)).toEqual([ids[0]]);
    expect(second.nextPageToken).toBe('');
    expect(second.measurements[0]?.value?.value).toEqual(proportion(1, 200));
    expect(second.measurements[0]?.createTime).toBeInstanceOf(Date);
  });

  it('records once under a request id, and refuses it for something else', async () => {
    const request = { measurements: [useful('once', 'sl', 1)], requestId: 'once/1' };
    const first = await client.recordMeasurements(request);
    expect(await client.recordMeasurements(request)).toEqual(first);
    const { measurements } = await client.listMeasurements({
      filter: ofExperiment('once'),
      pageSize: 0,
      pageToken: '',
    });
    expect(measurements).toHaveLength(1);
    await expect(
      client.recordMeasurements({ measurements: [useful('once', 'sl', 2)], requestId: 'once/1' }),
    ).rejects.toMatchObject({ status: 'ALREADY_EXISTS', reason: 'REQUEST_ID_REUSED' });
  });

  it('stores all or none', async () => {
    const measurements = [useful('none', 'sl', 1), useful('none', 'sl', 201)];
    await expect(client.recordMeasurements({ measurements, requestId: '' })).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      violations: [
        { field: 'measurements[1].proportion.successes', description: 'expected an integer in [0, 200], got 201' },
      ],
    });
    const listed = await client.listMeasurements({ filter: ofExperiment('none'), pageSize: 0, pageToken: '' });
    expect(listed.measurements).toEqual([]);
  });

  it('takes ten thousand at a time', async () => {
    const measurements = Array.from({ length: 10_000 }, (_, seed) => {
      const one = useful('many', 'sl', seed % 200);
      return { ...one, subject: Subject.create({ ...one.subject, seed: BigInt(seed) }) };
    });
    const { ids } = await client.recordMeasurements({ measurements, requestId: '' });
    expect(new Set(ids).size).toBe(10_000);
    const filter = { ...ofExperiment('many'), seeds: [17n, 4_711n] };
    const { measurements: found } = await client.listMeasurements({ filter, pageSize: 0, pageToken: '' });
    expect(found.map(({ subject }) => subject?.seed)).toEqual([4_711n, 17n]);
  });

  it.each([
    [{ pageSize: -1, pageToken: '' }, 'page_size'],
    [{ pageSize: 1001, pageToken: '' }, 'page_size'],
    [{ pageSize: 1, pageToken: 'x' }, 'page_token'],
  ])('refuses the page %o', async (page, field) => {
    const listing = client.listMeasurements({ filter: undefined, ...page });
    await expect(listing).rejects.toMatchObject({ status: 'INVALID_ARGUMENT', violations: [{ field }] });
  });
});

describe('watching', () => {
  it('sends what was recorded, then what is being recorded, and nothing of other experiments', async () => {
    const { ids } = await client.recordMeasurements({ measurements: [useful('watch', 'sl', 1)], requestId: '' });
    const stop = new AbortController();
    const watch = client
      .watchMeasurements({ filter: ofExperiment('watch'), afterId: 0n }, { signal: stop.signal })
      [Symbol.asyncIterator]();
    expect((await watch.next()).value.measurements.map(({ id }: Measurement) => id)).toEqual(ids);
    const next = watch.next();
    await client.recordMeasurements({ measurements: [useful('other', 'sl', 2)], requestId: '' });
    const later = await client.recordMeasurements({ measurements: [useful('watch', 'cl', 3)], requestId: '' });
    expect((await next).value.measurements.map(({ id }: Measurement) => id)).toEqual(later.ids);
    const end = watch.next();
    stop.abort();
    await expect(end).rejects.toMatchObject({ status: 'CANCELLED' });
  });
});

describe('measures', () => {
  const request = GetTransferMatrixRequest.create({ experimentId: 'matrix' });

  beforeAll(async () => {
    const attack = { attack: 'pgd', budget: ball, objective: 'cross-entropy' };
    const measurements = [
      useful('matrix', 'sl', 120),
      useful('matrix', 'cl', 90),
      measurement('matrix', MeasurementKind.RAW_PIXELS, {}, 60),
      measurement('matrix', MeasurementKind.CLEAN, { encoder: 'sl', paradigm: Paradigm.SL }, 120),
      measurement('matrix', MeasurementKind.CLEAN, { encoder: 'cl', paradigm: Paradigm.CL }, 90),
      measurement('matrix', MeasurementKind.ROBUSTNESS, { encoder: 'sl', paradigm: Paradigm.SL, ...attack }, 4),
      transfer('matrix', 'sl', 'sl', 4),
      transfer('matrix', 'sl', 'cl', 80),
      transfer('matrix', 'cl', 'sl', 100),
      transfer('matrix', 'cl', 'cl', 20),
    ];
    await client.recordMeasurements({ measurements, requestId: 'matrix' });
  });

  it('computes usefulness and robustness', async () => {
    const { features } = await client.getUsefulness({ experimentId: 'matrix', dataset: '', features: [] });
    expect(features).toHaveLength(1);
    expect(features[0]).toMatchObject({ feature: 'natural', cross: 0.45, crossParadigm: Paradigm.CL, complete: false });
    const robustness = await client.getRobustness(
      GetRobustnessRequest.create({ experimentId: 'matrix', budget: ball }),
    );
    expect(robustness.features[0]?.paradigms[0]?.absolute).toEqual(proportion(4, 200));
    const others = await client.getUsefulness({ experimentId: 'matrix', dataset: '', features: ['robust'] });
    expect(others.features).toEqual([]);
  });

  it('gives the matrix', async () => {
    const { matrix } = await client.getTransferMatrix(request);
    expect(matrix?.rows.map(({ cells }) => cells.map(({ accuracy }) => accuracy?.value))).toEqual([
      [0.02, 0.4],
      [0.5, 0.1],
    ]);
    expect(matrix?.clean.map(({ successes }) => successes)).toEqual([120, 90]);
    expect(matrix).toMatchObject({ attack: 'pgd', budget: ball, dataset: 'cifar10:test:0-200', complete: true });
  });

  it('exports it in every format', async () => {
    const exported = async (table: Table, format: Format) => {
      const filter = ofExperiment('matrix');
      const { contents, fileName, mediaType } = await client.exportTable({ table, format, filter });
      return { text: contents.toString(), fileName, mediaType };
    };
    const markdown = await exported(Table.TRANSFER_MATRIX, Format.MARKDOWN);
    expect(markdown.fileName).toBe('transfer-matrix.md');
    expect(markdown.text).toContain('| sl | 2.0 % [0.8, 5.0] | 40.0 % [33.5, 46.9] |');
    expect(markdown.text).toContain('| clean images | 60.0 % [53.1, 66.5] | 45.0 % [38.3, 51.9] |');
    const csv = await exported(Table.TRANSFER_MATRIX, Format.CSV);
    expect(csv.text.split('\r\n')).toHaveLength(1 + 6 + 1);
    expect((await exported(Table.USEFULNESS, Format.LATEX)).text).toContain('raw pixels & 30.0\\%');
    const records = JSON.parse((await exported(Table.MEASUREMENTS, Format.JSON)).text);
    expect(records).toHaveLength(10);
    expect(records[0]).toMatchObject({ kind: 'USEFULNESS', encoder: 'sl', paradigm: 'SL', value: 0.6, trials: 200 });
    expect((await exported(Table.ROBUSTNESS, Format.CSV)).text).toContain('natural,cifar10:test:0-200,pgd,LINF,');
    expect((await exported(Table.LOSS_TRAJECTORY, Format.JSON)).text).toBe('[]\n');
  });

  it('refuses to mix attacks', async () => {
    await client.recordMeasurements({
      measurements: [transfer('mixed', 'sl', 'sl', 1), transfer('mixed', 'sl', 'sl', 2, 'apgd-ce')],
      requestId: '',
    });
    const mixed = { ...request, experimentId: 'mixed' };
    await expect(client.getTransferMatrix(mixed)).rejects.toMatchObject({
      status: 'FAILED_PRECONDITION',
      reason: 'AMBIGUOUS',
      violations: [{ field: 'attack', description: 'expected one of pgd, apgd-ce, got nothing' }],
    });
    const { matrix } = await client.getTransferMatrix({ ...mixed, attack: 'apgd-ce' });
    expect(matrix?.rows[0]?.cells[0]?.accuracy?.successes).toBe(2);
  });

  it('says precisely what is not there', async () => {
    const missing = { status: 'NOT_FOUND', reason: 'EXPERIMENT_NOT_FOUND' };
    await expect(client.getTransferMatrix({ ...request, experimentId: 'nobody' })).rejects.toMatchObject(missing);
    await expect(client.getTransferMatrix({ ...request, attack: 'fgsm' })).rejects.toMatchObject(missing);
    await expect(client.getUsefulness({ experimentId: '', dataset: '', features: [] })).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      violations: [{ field: 'experiment_id' }],
    });
    const table = { table: Table.UNSPECIFIED, format: Format.UNSPECIFIED, filter: ofExperiment('matrix') };
    await expect(client.exportTable(table)).rejects.toMatchObject({
      violations: [{ field: 'table' }, { field: 'format' }],
    });
  });
});
