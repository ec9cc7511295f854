import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { type TrainingRun, TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEncoder, startEncoder } from './testing/start-encoder.ts';

let encoder: RunningEncoder;
beforeAll(async () => {
  encoder = await startEncoder('sl');
});
afterAll(() => encoder?.[Symbol.asyncDispose]());

function spec(overrides: Partial<TrainingRunSpec> = {}): TrainingRunSpec {
  return {
    ...TrainingRunSpec.create({ name: 'sl-test', paradigm: Paradigm.SL, dataset: { name: 'shapes:train:0-256' } }),
    overrides: { epochs: { value: { $case: 'number', value: 1 } } },
    ...overrides,
  };
}

async function train(request: TrainingRunSpec): Promise<readonly TrainingRun[]> {
  const { trainingRun } = await encoder.client.createTrainingRun({ spec: request, requestId: '' });
  const seen: TrainingRun[] = [];
  for await (const { trainingRun: run } of encoder.client.watchTrainingRun({ id: trainingRun?.run?.id ?? '' })) {
    if (run !== undefined) seen.push(run);
  }
  return seen;
}

describe('a training run', () => {
  it('trains', async () => {
    const t = performance.now();
    const seen = await train(spec());
    console.log(performance.now() - t, seen.at(-1));
    expect(seen.at(-1)?.run?.state).toBe(RunState.SUCCEEDED);
    console.log(await encoder.client.getEncoder({ name: 'sl-test' }));
  });
});
