import type { Connection } from '../api/follow.ts';
import type { Experiment, RunState } from '../api/messages.ts';
import { h, type VirtualElement } from '../dom/element.ts';
import type { Actions, PageState } from '../model/page-state.ts';

const states: { readonly [S in RunState]: string } = {
  RUN_STATE_UNSPECIFIED: 'unknown',
  RUN_STATE_QUEUED: 'queued',
  RUN_STATE_RUNNING: 'running',
  RUN_STATE_SUCCEEDED: 'finished',
  RUN_STATE_FAILED: 'failed',
  RUN_STATE_CANCELLED: 'cancelled',
};

const connections: { readonly [C in Connection]: string } = {
  connecting: 'connecting',
  live: 'live',
  lost: 'reconnecting',
  ended: '',
};

/** The name of the program, the experiments to choose from, and how the one shown is doing. */
export function header(state: PageState, actions: Actions): VirtualElement {
  const { experiments, experiment } = state;
  return h(
    'header',
    { class: 'top' },
    h('a', { class: 'brand', href: '/' }, mark(), h('span', {}, 'Parallax')),
    experiments.length > 1 && picker(state, actions),
    experiment !== undefined && status(experiment, state.connection, actions),
  );
}

/** Two views of one thing, slightly apart. */
function mark(): VirtualElement {
  return h(
    'svg',
    { viewBox: '0 0 40 28', width: 40, height: 28, 'aria-hidden': 'true' },
    h('circle', { class: 'mark-left', cx: 15, cy: 14, r: 11 }),
    h('circle', { class: 'mark-right', cx: 25, cy: 14, r: 11 }),
  );
}

function picker({ experiments, experiment }: PageState, { open }: Actions): VirtualElement {
  const change = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement) open(target.value);
  };
  return h(
    'label',
    { class: 'picker' },
    h('span', { class: 'unseen' }, 'Experiment'),
    h(
      'select',
      { value: experiment?.run.id, on: { change } },
      experiment === undefined && h('option', { value: '' }, 'Choose an experiment'),
      experiments.map(({ run, plan }) =>
        h('option', { value: run.id }, `${plan.title || run.id} — ${states[run.state]}${timeOf(run.createTime)}`),
      ),
    ),
  );
}

function timeOf(instant: string | undefined): string {
  if (instant === undefined) return '';
  return `, ${new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}`;
}

function status({ run }: Experiment, connection: Connection, { cancel }: Actions): VirtualElement {
  const open = run.state === 'RUN_STATE_RUNNING' || run.state === 'RUN_STATE_QUEUED';
  return h(
    'div',
    { class: 'status', role: 'status' },
    open && h('span', { class: `connection ${connection}` }, connections[connection]),
    h('span', { class: `state ${states[run.state]}` }, states[run.state]),
    open && h('button', { type: 'button', class: 'quiet', on: { click: cancel } }, 'Cancel'),
  );
}
