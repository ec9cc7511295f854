import { expect, test } from 'vitest';
import { apgdSchedule } from './apgd-schedule.ts';

function checkpoints(steps: number): readonly number[] {
  return apgdSchedule(steps).isCheckpoint.flatMap((flag, step) => (flag === 1 ? [step] : []));
}

test('has the checkpoints of the paper for 100 steps', () => {
  expect(checkpoints(100)).toEqual([22, 41, 57, 70, 80, 87, 93, 99]);
});

test('asks for more than three quarters of an interval', () => {
  expect(apgdSchedule(100).threshold[22]).toBe(0.75 * 22);
  expect(apgdSchedule(100).threshold[41]).toBe(0.75 * 19);
});

test.each([1, 2, 3, 10, 20, 1000])('is defined for %i steps', (steps) => {
  const { isCheckpoint, threshold } = apgdSchedule(steps);
  expect([isCheckpoint.length, threshold.length]).toEqual([steps, steps]);
  expect(isCheckpoint[0]).toBe(0);
});
