import { Code } from '@parallax/proto/google/rpc/code';
import { RunState as RunStateMessage } from '@parallax/proto/parallax/common/v1/run';
import { describe, expect, it } from 'vitest';
import type { Run } from './run.ts';
import { runMessage, statesOf } from './run-message.ts';

const time = new Date(0);
const run: Run = {
  id: '01',
  kind: 'test',
  requestId: 'mine',
  state: 'FAILED',
  spec: {},
  progress: { stage: 'counting', done: 3, total: 10, unit: 'steps', rate: null, remainingSeconds: null },
  result: undefined,
  error: {
    status: 'NOT_FOUND',
    reason: 'DATASET_NOT_FOUND',
    message: 'no such dataset',
    violations: [{ field: 'dataset', description: 'expected one that exists' }],
  },
  cancelRequested: false,
  attempt: 1,
  createTime: time,
  startTime: time,
  endTime: undefined,
  updateTime: time,
  revision: 4,
};

describe('runMessage', () => {
  it('says what a run is in the words of the contracts', () => {
    expect(runMessage(run)).toEqual({
      id: '01',
      requestId: 'mine',
      state: RunStateMessage.FAILED,
      progress: {
        stage: 'counting',
        done: 3n,
        total: 10n,
        unit: 'steps',
        ratePerSecond: 0,
        remainingSeconds: undefined,
      },
      error: {
        code: Code.NOT_FOUND,
        reason: 'DATASET_NOT_FOUND',
        message: 'no such dataset',
        fieldViolations: [{ field: 'dataset', description: 'expected one that exists', reason: '' }],
      },
      createTime: time,
      startTime: time,
      endTime: undefined,
      updateTime: time,
    });
  });
});

describe('statesOf', () => {
  it('lets one state pass, or all', () => {
    expect(statesOf(RunStateMessage.RUNNING)).toEqual(['RUNNING']);
    expect(statesOf(RunStateMessage.UNSPECIFIED)).toEqual([]);
  });
});
