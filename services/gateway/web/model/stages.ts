import type { Experiment, Stage, StageProgress } from '../api/messages.ts';

/** One stage of an experiment as a bar. */
export interface StageView {
  readonly name: string;
  readonly state: 'waiting' | 'working' | 'stopped' | 'done';
  /** How much of it is done, 0 … 1. */
  readonly fraction: number;
  /** Wall time in seconds, once finished. */
  readonly seconds: number | undefined;
  /** Where it is, while it is worked on. */
  readonly progress: StageProgress | undefined;
}

const order: readonly (readonly [Stage, string])[] = [
  ['STAGE_TRAIN', 'Train'],
  ['STAGE_PROBE', 'Probe'],
  ['STAGE_ATTACK', 'Attack'],
  ['STAGE_TRANSFER', 'Transfer'],
  ['STAGE_AGGREGATE', 'Aggregate'],
];

/** The stages of an experiment in their order. */
export function stagesOf({ run, progress, result }: Experiment): readonly StageView[] {
  const current = order.findIndex(([stage]) => stage === progress?.stage);
  const seconds = new Map(result?.timings.map((timing) => [timing.stage, timing.seconds]));
  const ended = run.state === 'RUN_STATE_FAILED' || run.state === 'RUN_STATE_CANCELLED';
  return order.map(([stage, name], index) => {
    const done = run.state === 'RUN_STATE_SUCCEEDED' || index < current;
    const working = !done && index === current;
    const state = done ? 'done' : working ? (ended ? 'stopped' : 'working') : 'waiting';
    return {
      name,
      state,
      fraction: done ? 1 : working ? fractionOf(progress) : 0,
      seconds: seconds.get(stage),
      progress: working ? progress : undefined,
    };
  });
}

/** How much of a stage is done: its finished items, and the part of the one in work. */
function fractionOf(stage: StageProgress | undefined): number {
  if (stage === undefined || stage.itemsTotal === 0) return 0;
  const { itemsDone, itemsTotal } = stage;
  return Math.min((itemsDone + itemFraction(stage)) / itemsTotal, 1);
}

/** How much of the item in work is done, 0 … 1; 0 when its size is not known. */
export function itemFraction({ progress }: StageProgress): number {
  const total = Number(progress?.total ?? 0);
  return total === 0 ? 0 : Math.min(Number(progress?.done ?? 0) / total, 1);
}
