import { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { Run, RunError, RunState } from '@parallax/proto/parallax/common/v1/run';
import { expect, test } from 'vitest';
import { loadCliConfig } from '../config.ts';
import { Interrupted } from '../errors/interrupted.ts';
import type { Shell } from '../shell.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { type FollowedRun, followRun } from './follow-run.ts';

const progress = Progress.create({ stage: 'train', done: 1n, total: 4n, unit: 'steps', ratePerSecond: 2 });

function shellOf(signal: AbortSignal): Shell {
  const stream = { write: () => undefined };
  return { terminal: createTerminal(stream, stream), signal, env: {}, config: async () => loadCliConfig({}, {}) };
}

/** A run whose states follow each other; `until` is awaited before the last. */
function following(
  states: readonly Run[],
  until: Promise<unknown> = Promise.resolve(),
): FollowedRun<Run> & { cancelled: boolean } {
  const followed = {
    cancelled: false,
    what: 'training x',
    async *watch() {
      for (const [index, run] of states.entries()) {
        if (index === states.length - 1) await until;
        yield run;
      }
    },
    cancel: async () => {
      followed.cancelled = true;
    },
    runOf: (run: Run) => run,
  };
  return followed;
}

const running = Run.create({ state: RunState.RUNNING });
const ended = (state: Run['state']): Run => ({ ...running, state, progress });

test('a run that succeeds is returned', async () => {
  const followed = following([running, ended(RunState.SUCCEEDED)]);
  const run = await followRun(followed, shellOf(new AbortController().signal));
  expect(run.state).toBe(RunState.SUCCEEDED);
  expect(followed.cancelled).toBe(false);
});

test('a run that fails throws the error it failed with', async () => {
  const error = RunError.create({ code: 15, reason: 'DATASET_CORRUPT', message: 'test_batch.bin: cut off' });
  const followed = following([{ ...ended(RunState.FAILED), error }]);
  const failure = { status: 'DATA_LOSS', reason: 'DATASET_CORRUPT', message: 'test_batch.bin: cut off' };
  await expect(followRun(followed, shellOf(new AbortController().signal))).rejects.toMatchObject(failure);
});

test('a run that somebody else cancels throws CANCELLED', async () => {
  const followed = following([ended(RunState.CANCELLED)]);
  await expect(followRun(followed, shellOf(new AbortController().signal))).rejects.toMatchObject({
    status: 'CANCELLED',
  });
});

test('on interruption the run is cancelled and its end awaited', async () => {
  const stop = new AbortController();
  const interrupted = new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  const followed = following([running, ended(RunState.CANCELLED)], interrupted);
  setTimeout(() => stop.abort(new Interrupted()), 10);
  await expect(followRun(followed, shellOf(stop.signal))).rejects.toBeInstanceOf(Interrupted);
  expect(followed.cancelled).toBe(true);
});
