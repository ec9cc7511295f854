import { AttackSpec } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import type { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { Plan, PlannedAttack, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import { GetTransferMatrixRequest, MetricsServiceService } from '@parallax/proto/parallax/metrics/v1/metrics_service';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { assertSucceeded, collect, encoderName, encoderRef, numbers, testSet, trainSet } from '../samples.ts';

const attack: AttackSpec = {
  ...AttackSpec.create({ name: 'pgd', budget: { norm: Norm.LINF, epsilon: 8 / 255 }, gradientDraws: 1 }),
  options: numbers({ steps: 2 }),
};
const plan: Plan = {
  ...Plan.create({
    title: 'Contract',
    trainDataset: trainSet,
    testDataset: testSet,
    probe: { epochs: 1 },
    attackSamples: 8,
    stripSamples: 2,
    seed: 11n,
  }),
  encoders: [
    { ...PlannedEncoder.create({ name: encoderName }), source: { $case: 'existing', value: encoderRef } },
    {
      ...PlannedEncoder.create({ name: 'own-head', useOwnHead: true }),
      source: { $case: 'existing', value: encoderRef },
    },
  ],
  attacks: [{ ...PlannedAttack.create({ name: 'pgd' }), attack }],
};

/** A plan is carried out across all services; the experiment's id is returned for who reads its numbers. */
export function experimentSuite(context: ContractContext, done: (experimentId: string) => void): void {
  describe('experiment service', () => {
    test('carries out a plan, and the aggregator has its matrix', async () => {
      const experiment = await carryOut(context);
      assertSucceeded(experiment.run);
      const id = experiment.run?.id ?? '';
      expect(experiment.result?.cells).toHaveLength(2 + 2 * 2);
      expect(experiment.result?.encoders.map(({ name }) => name)).toEqual([encoderName, 'own-head']);
      expect(experiment.result?.attacks.every(({ summary }) => summary?.budgetViolations === 0)).toBe(true);
      using metrics = context.client(MetricsServiceService, 'metrics');
      const { matrix } = await metrics.getTransferMatrix(GetTransferMatrixRequest.create({ experimentId: id }));
      expect(matrix?.rows).toHaveLength(2);
      done(id);
    });

    test('lists experiments, and stops one that is cancelled', async () => {
      using client = context.client(ExperimentServiceService, 'experiment');
      const slow: Plan = {
        ...plan,
        probe: { ...(plan.probe as NonNullable<Plan['probe']>), epochs: 10_000 },
        seed: 12n,
      };
      const { experiment } = await client.createExperiment({ plan: slow, requestId: '' });
      const id = experiment?.run?.id ?? '';
      const { experiments } = await client.listExperiments({ pageSize: 5, pageToken: '', state: RunState.UNSPECIFIED });
      expect(experiments[0]?.run?.id).toBe(id);
      await client.cancelExperiment({ id });
      const events = await collect(client.watchExperiment({ id }));
      const last = events.at(-1)?.event;
      expect(last?.$case === 'snapshot' && last.value.run?.state).toBe(RunState.CANCELLED);
    });
  });
}

async function carryOut(context: ContractContext): Promise<Experiment> {
  using client = context.client(ExperimentServiceService, 'experiment');
  const created = await client.createExperiment({ plan, requestId: 'contract-experiment' });
  const id = created.experiment?.run?.id ?? '';
  const events = (await collect(client.watchExperiment({ id }))).map(({ event }) => event);
  expect(events[0]?.$case).toBe('snapshot');
  const last = events.at(-1);
  if (last?.$case !== 'snapshot') throw new Error('expected a snapshot at the end');
  expect((await client.getExperiment({ id })).experiment).toEqual(last.value);
  return last.value;
}
