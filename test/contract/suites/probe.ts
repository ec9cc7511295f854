import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { ProbeRunSpec } from '@parallax/proto/parallax/probe/v1/probe_run';
import { EvaluateHeadRequest, ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { assertSucceeded, encoderRef, last, testSet, trainSet } from '../samples.ts';

const spec: ProbeRunSpec = {
  ...ProbeRunSpec.create({ trainDataset: trainSet, testDataset: testSet, recipe: { epochs: 2 }, seed: 3n }),
  source: { source: { $case: 'encoder', value: encoderRef } },
};

/** Linear heads on a frozen encoder and on raw pixels. */
export function probeSuite(context: ContractContext): void {
  describe('probe service', () => {
    test('fits a head on an encoder, which can then be evaluated', async () => {
      using client = context.client(ProbeServiceService, 'probe');
      const created = await client.createProbeRun({ spec, requestId: 'contract-probe' });
      const id = created.probeRun?.run?.id ?? '';
      const { probeRun } = await last(client.watchProbeRun({ id }));
      assertSucceeded(probeRun?.run);
      expect(probeRun?.result?.testAccuracy?.trials).toBe(64);
      expect(await client.getProbeRun({ id })).toEqual({ probeRun });
      const { accuracy } = await client.evaluateHead({
        ...EvaluateHeadRequest.create({ dataset: testSet, seed: 3n }),
        source: spec.source,
        head: { head: { $case: 'artifactDigest', value: probeRun?.result?.headDigest ?? '' } },
      });
      expect(accuracy).toEqual(probeRun?.result?.testAccuracy);
    });

    test('fits a head on raw pixels', async () => {
      using client = context.client(ProbeServiceService, 'probe');
      const source: ProbeRunSpec['source'] = { source: { $case: 'rawPixels', value: {} } };
      const { probeRun } = await client.createProbeRun({ spec: { ...spec, source }, requestId: '' });
      const done = await last(client.watchProbeRun({ id: probeRun?.run?.id ?? '' }));
      assertSucceeded(done.probeRun?.run);
      expect(done.probeRun?.result).toMatchObject({ featureDimension: 3 * 32 * 32, classes: 10 });
      const { probeRuns } = await client.listProbeRuns({ pageSize: 1, pageToken: '', state: RunState.SUCCEEDED });
      expect(probeRuns).toHaveLength(1);
    });

    test('stops a run that is cancelled', async () => {
      using client = context.client(ProbeServiceService, 'probe');
      const recipe = { ...ProbeRunSpec.create({ recipe: { epochs: 10_000 } }).recipe } as ProbeRunSpec['recipe'];
      const { probeRun } = await client.createProbeRun({ spec: { ...spec, recipe, seed: 4n }, requestId: '' });
      const id = probeRun?.run?.id ?? '';
      await client.cancelProbeRun({ id });
      const done = await last(client.watchProbeRun({ id }));
      expect(done.probeRun?.run?.state).toBe(RunState.CANCELLED);
    });
  });
}
