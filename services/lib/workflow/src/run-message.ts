import { Code } from '@parallax/proto/google/rpc/code';
import type { Progress as ProgressMessage } from '@parallax/proto/parallax/common/v1/progress';
import {
  type RunError as RunErrorMessage,
  type Run as RunMessage,
  RunState as RunStateMessage,
} from '@parallax/proto/parallax/common/v1/run';
import type { Run, RunError, RunProgress, RunState } from './run.ts';

/** A run in the words of the contracts. */
export function runMessage(run: Run): RunMessage {
  return {
    id: run.id,
    requestId: run.requestId,
    state: RunStateMessage[run.state],
    progress: run.progress && progressMessage(run.progress),
    error: run.error && errorMessage(run.error),
    createTime: run.createTime,
    startTime: run.startTime,
    endTime: run.endTime,
    updateTime: run.updateTime,
  };
}

/** The states that a filter of the contracts lets pass, for a {@link RunQuery}; none means all. */
export function statesOf(filter: RunStateMessage): readonly RunState[] {
  const states: readonly RunState[] = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
  return states.filter((state) => RunStateMessage[state] === filter);
}

/** Progress in the words of the contracts: an unknown rate is 0, an unknown remaining time absent. */
export function progressMessage({ stage, done, total, unit, rate, remainingSeconds }: RunProgress): ProgressMessage {
  return {
    stage,
    done: BigInt(Math.floor(done)),
    total: BigInt(Math.floor(total)),
    unit,
    ratePerSecond: rate ?? 0,
    remainingSeconds: remainingSeconds ?? undefined,
  };
}

function errorMessage({ status, reason, message, violations }: RunError): RunErrorMessage {
  return {
    code: codeNamed(status),
    reason,
    message,
    fieldViolations: violations.map(({ field, description }) => ({ field, description, reason: '' })),
  };
}

function codeNamed(status: string): Code {
  return Object.entries(Code).find(([name]) => name === status)?.[1] ?? Code.UNKNOWN;
}
