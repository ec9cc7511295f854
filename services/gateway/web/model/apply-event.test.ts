import { describe, expect, it } from 'vitest';
import type { CellOutcome, EncoderOutcome, Experiment, Proportion } from '../api/messages.ts';
import { applyEvent } from './apply-event.ts';
import { stagesOf } from './stages.ts';
import { meansOf, transferMatrix } from './transfer-matrix.ts';

const started: Experiment = {
  run: { id: 'x', state: 'RUN_STATE_RUNNING' },
  plan: {
    title: 'Two encoders',
    encoders: [
      { name: 'a', training: { paradigm: 'PARADIGM_SL' } },
      { name: 'b', existing: { paradigm: 'PARADIGM_CL' } },
    ],
    attacks: [{ name: 'pgd' }],
    attackSamples: 10,
    seed: '1',
  },
  progress: {
    stage: 'STAGE_ATTACK',
    item: 'a / pgd',
    itemsDone: 1,
    itemsTotal: 2,
    progress: { stage: 'attack', done: '5', total: '10', unit: 'images', ratePerSecond: 1 },
  },
};

const proportion = (value: number): Proportion => ({
  successes: value * 10,
  trials: 10,
  value,
  interval: { lower: value - 0.05, upper: value + 0.05 },
});

const cell = (source: string, target: string, value: number): CellOutcome => ({
  attack: source === '' ? '' : 'pgd',
  source,
  target,
  accuracy: proportion(value),
});

function after(...cells: readonly CellOutcome[]): Experiment {
  return cells.reduce<Experiment>(
    (experiment, data) => applyEvent(experiment, { event: 'cell', data }) ?? experiment,
    started,
  );
}

describe('events', () => {
  it('add to what is known, or replace it under the same name', () => {
    const encoder: EncoderOutcome = {
      name: 'a',
      paradigm: 'PARADIGM_SL',
      parameters: '10',
      featureDimension: 4,
      trainSeconds: 0,
      reused: false,
    };
    const first = applyEvent(started, { event: 'encoder', data: encoder });
    const second = applyEvent(first, { event: 'encoder', data: { ...encoder, probeAccuracy: proportion(0.5) } });
    expect(second?.result?.encoders).toEqual([{ ...encoder, probeAccuracy: proportion(0.5) }]);
    expect(applyEvent(second, { event: 'rawPixels', data: proportion(0.2) })?.result?.rawPixels?.value).toBe(0.2);
  });

  it('mean nothing before the first snapshot, which replaces everything', () => {
    expect(applyEvent(undefined, { event: 'cell', data: cell('a', 'b', 0.5) })).toBeUndefined();
    expect(applyEvent(after(cell('a', 'b', 0.5)), { event: 'snapshot', data: started })).toBe(started);
  });
});

describe('the matrix', () => {
  it('has a row and a column for every encoder of the plan, known or not', () => {
    const matrix = transferMatrix(after(cell('', 'a', 0.6), cell('a', 'b', 0.4)), 'pgd');
    expect(matrix.encoders).toEqual([
      { name: 'a', paradigm: 'PARADIGM_SL' },
      { name: 'b', paradigm: 'PARADIGM_CL' },
    ]);
    expect(matrix.clean.map((accuracy) => accuracy?.value)).toEqual([0.6, undefined]);
    expect(matrix.rows.map((row) => row.map((accuracy) => accuracy?.value))).toEqual([
      [undefined, 0.4],
      [undefined, undefined],
    ]);
    expect(matrix.scale).toBe(0.7);
  });

  it('is summed up once it is complete', () => {
    const cells = [cell('a', 'a', 0), cell('a', 'b', 0.4), cell('b', 'a', 0.5), cell('b', 'b', 0.1)];
    expect(meansOf(transferMatrix(after(...cells.slice(1)), 'pgd')).own).toBeUndefined();
    const means = meansOf(transferMatrix(after(...cells), 'pgd'));
    expect(means).toEqual({ clean: undefined, transferred: 0.45, own: 0.05 });
  });
});

describe('stages', () => {
  it('are done, worked on, or waiting', () => {
    const stages = stagesOf(started);
    expect(stages.map(({ state }) => state)).toEqual(['done', 'done', 'working', 'waiting', 'waiting']);
    expect(stages.map(({ fraction }) => fraction)).toEqual([1, 1, 0.75, 0, 0]);
  });

  it('stop where an experiment failed', () => {
    const failed: Experiment = { ...started, run: { id: 'x', state: 'RUN_STATE_FAILED' } };
    expect(stagesOf(failed)[2]).toMatchObject({ state: 'stopped', fraction: 0.75 });
  });
});
