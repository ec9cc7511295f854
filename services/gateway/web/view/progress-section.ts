import type { Experiment, StageProgress } from '../api/messages.ts';
import { type Child, h, type VirtualElement } from '../dom/element.ts';
import { itemFraction, type StageView, stagesOf } from '../model/stages.ts';
import { duration, rate } from './format.ts';

/** How far an experiment is: one bar a stage, and below them the item in work with its rate and the time it still takes. */
export function progressSection(experiment: Experiment): VirtualElement {
  const stages = stagesOf(experiment);
  const working = stages.find(({ progress }) => progress !== undefined);
  const active = experiment.run.state === 'RUN_STATE_RUNNING';
  return h(
    'section',
    { id: 'progress', class: 'progress', 'aria-label': 'Progress' },
    h('ol', { class: 'stages' }, stages.map(stageItem)),
    active && working?.progress !== undefined && itemInWork(working.progress),
  );
}

function stageItem(stage: StageView): VirtualElement {
  const { name, state, fraction } = stage;
  return h(
    'li',
    { class: `stage ${state}`, 'data-stage': name },
    h('span', { class: 'stage-name' }, name),
    h('span', { class: 'stage-detail' }, detailOf(stage)),
    bar(`${name}: ${Math.round(100 * fraction)} %`, fraction),
  );
}

function detailOf({ state, seconds, progress }: StageView): string {
  if (state === 'done') return seconds === undefined ? 'done' : duration(seconds);
  if (state === 'waiting') return '';
  const items =
    progress === undefined || progress.itemsTotal === 0 ? '' : `${progress.itemsDone}/${progress.itemsTotal}`;
  return state === 'stopped' ? `stopped ${items}` : items;
}

function itemInWork(stage: StageProgress): VirtualElement {
  const { item, progress } = stage;
  return h(
    'div',
    { class: 'item' },
    h('span', { class: 'item-name' }, item),
    bar(`${item}: ${Math.round(100 * itemFraction(stage))} %`, itemFraction(stage)),
    h('span', { class: 'item-detail' }, progress !== undefined && factsOf(progress)),
  );
}

function factsOf({
  stage,
  done,
  total,
  unit,
  ratePerSecond,
  remainingSeconds,
}: NonNullable<StageProgress['progress']>): Child {
  const amount = total === '0' ? `${done} ${unit}` : `${done} of ${total} ${unit}`;
  return [
    stage,
    amount,
    ratePerSecond > 0 && `${rate(ratePerSecond)} ${unit}/s`,
    remainingSeconds !== undefined && `${duration(remainingSeconds)} left`,
  ]
    .filter((fact) => typeof fact === 'string' && fact !== '')
    .join(' · ');
}

function bar(label: string, fraction: number): VirtualElement {
  return h(
    'span',
    {
      class: 'bar',
      role: 'progressbar',
      'aria-label': label,
      'aria-valuemin': 0,
      'aria-valuemax': 100,
      'aria-valuenow': Math.round(100 * fraction),
    },
    h('span', { class: 'bar-done', style: { width: `${(100 * fraction).toFixed(2)}%` } }),
  );
}
