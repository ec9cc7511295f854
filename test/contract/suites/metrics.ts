import { Budget, Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Measurement, MeasurementFilter, MeasurementKind } from '@parallax/proto/parallax/metrics/v1/measurement';
import {
  ExportTableRequest_Format as Format,
  GetLossTrajectoryRequest,
  GetRobustnessRequest,
  GetTransferMatrixRequest,
  GetUsefulnessRequest,
  ListMeasurementsRequest,
  MetricsServiceService,
  ExportTableRequest_Table as Table,
  WatchMeasurementsRequest,
} from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';

const experimentId = 'contract-metrics';
const dataset = 'shapes:test';
const budget = Budget.create({ norm: Norm.LINF, epsilon: 8 / 255 });

type Subject = NonNullable<Measurement['subject']>;

function share(kind: Measurement['kind'], subject: Partial<Subject>, successes: number): Measurement {
  const value = { successes, trials: 100, value: 0, interval: undefined };
  const empty = Measurement.create({ experimentId, kind, subject: { dataset } });
  return { ...empty, subject: { ...(empty.subject as Subject), ...subject }, value: { $case: 'proportion', value } };
}

const sl = { encoder: 'a', paradigm: Paradigm.SL };
const cl = { encoder: 'b', paradigm: Paradigm.CL };
const attacked = { attack: 'pgd', budget, objective: 'cross-entropy' };
const fromSl = { ...attacked, sourceEncoder: 'a', sourceParadigm: Paradigm.SL };
const scalar = { $case: 'scalar' as const, value: { mean: 1.5, deviation: 0.5, samples: 100, interval: undefined } };

const measurements: readonly Measurement[] = [
  share(MeasurementKind.USEFULNESS, sl, 80),
  share(MeasurementKind.USEFULNESS, cl, 60),
  share(MeasurementKind.ROBUSTNESS, { ...sl, ...attacked }, 10),
  share(MeasurementKind.TRANSFER, { ...cl, ...fromSl }, 40),
  share(MeasurementKind.CLEAN, cl, 60),
  { ...share(MeasurementKind.LOSS, { ...sl, ...attacked, observedObjective: 'alignment', step: 0 }, 0), value: scalar },
];

/** What is recorded can be read back, computed with and exported. */
export function metricsSuite(context: ContractContext): void {
  describe('metrics service', () => {
    recordingTests(context);
    measureTests(context);
  });
}

function recordingTests(context: ContractContext): void {
  test('records measurements once, and sends them to whoever watches', async () => {
    using client = context.client(MetricsServiceService, 'metrics');
    const request = { measurements, requestId: 'contract-record' };
    const { ids } = await client.recordMeasurements(request);
    expect(ids).toHaveLength(measurements.length);
    expect(await client.recordMeasurements(request)).toEqual({ ids });
    const filter = MeasurementFilter.create({ experimentId });
    const page = { ...ListMeasurementsRequest.create(), filter };
    const { measurements: listed } = await client.listMeasurements(page);
    expect(listed.map(({ id }) => id)).toEqual([...ids].reverse());
    const watched: bigint[] = [];
    for await (const message of client.watchMeasurements({ ...WatchMeasurementsRequest.create(), filter })) {
      watched.push(...message.measurements.map(({ id }) => id));
      if (watched.length >= ids.length) break;
    }
    expect(watched).toEqual(ids);
  });
}

function measureTests(context: ContractContext): void {
  test('computes usefulness and robustness', async () => {
    using client = context.client(MetricsServiceService, 'metrics');
    const useful = await client.getUsefulness(GetUsefulnessRequest.create({ experimentId }));
    expect(useful.features[0]).toMatchObject({
      feature: 'natural',
      cross: 0.6,
      crossParadigm: Paradigm.CL,
      complete: false,
    });
    const robust = await client.getRobustness(GetRobustnessRequest.create({ experimentId }));
    expect(robust.features[0]?.paradigms[0]).toMatchObject({ encoder: 'a', absolute: { successes: 10, trials: 100 } });
  });

  test('computes the transfer matrix with intervals', async () => {
    using client = context.client(MetricsServiceService, 'metrics');
    const { matrix } = await client.getTransferMatrix(GetTransferMatrixRequest.create({ experimentId }));
    expect(matrix).toMatchObject({ attack: 'pgd', objective: 'cross-entropy', dataset });
    const column = matrix?.targets.findIndex(({ encoder }) => encoder === 'b') ?? -1;
    const cell = matrix?.rows[0]?.cells[column]?.accuracy;
    expect(cell).toMatchObject({ successes: 40, trials: 100, value: 0.4 });
    expect(cell?.interval?.lower).toBeCloseTo(0.3094, 4);
    expect(cell?.interval?.upper).toBeCloseTo(0.498, 4);
  });

  test('gives loss trajectories and exports tables', async () => {
    using client = context.client(MetricsServiceService, 'metrics');
    const { trajectories } = await client.getLossTrajectory(GetLossTrajectoryRequest.create({ experimentId }));
    expect(trajectories).toHaveLength(1);
    const file = await client.exportTable({
      table: Table.TRANSFER_MATRIX,
      format: Format.CSV,
      filter: MeasurementFilter.create({ experimentId }),
    });
    expect(file.mediaType).toMatch(/^text\/csv/);
    expect(file.contents.toString('utf8').split('\n').length).toBeGreaterThan(1);
  });
}
