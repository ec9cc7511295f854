export { type RunContext, RunStoppedError, type StopReason, type Work } from './execution.ts';
export { isTerminal, type ProgressReport, type Run, type RunError, type RunProgress, type RunState } from './run.ts';
export { progressMessage, runMessage, statesOf } from './run-message.ts';
export { openRunStore, type RunPage, type RunQuery, RunStore } from './run-store.ts';
export { createRunner, type Runner, type RunnerOptions } from './runner.ts';
