import { describe, expect, it } from 'vitest';
import { createProgressMeter } from './progress-meter.ts';

/** A meter on a clock that the test sets. */
function meterAt() {
  let time = 0;
  const measure = createProgressMeter(() => time);
  return (seconds: number, done: number, total = 100, stage = 'training') => {
    time = seconds * 1000;
    return measure({ stage, done, total, unit: 'images' });
  };
}

describe('progress meter', () => {
  it('gives no rate before it can be told', () => {
    const at = meterAt();
    expect(at(0, 0)).toEqual({
      stage: 'training',
      done: 0,
      total: 100,
      unit: 'images',
      rate: null,
      remainingSeconds: null,
    });
    expect(at(0.4, 4).rate).toBeNull();
    expect(at(0.5, 5)).toMatchObject({ rate: 10, remainingSeconds: 9.5 });
  });

  it('follows a change of pace within seconds', () => {
    const at = meterAt();
    for (let second = 0; second <= 100; second++) at(second, second, 1e6);
    for (let second = 101; second <= 111; second++) at(second, 100 + 20 * (second - 100), 1e6);
    expect(at(112, 340, 1000).rate).toBeCloseTo(20, 5);
  });

  it('begins anew with each stage, and when the work goes back', () => {
    const at = meterAt();
    at(0, 0);
    at(1, 50);
    expect(at(2, 60, 100, 'evaluating').rate).toBeNull();
    at(3, 70, 100, 'evaluating');
    expect(at(4, 10, 100, 'evaluating').rate).toBeNull();
  });

  it('gives no remaining time when nothing moves or the total is unknown', () => {
    const still = meterAt();
    still(0, 0);
    expect(still(1, 0)).toMatchObject({ rate: 0, remainingSeconds: null });
    const open = meterAt();
    open(0, 0, 0);
    expect(open(1, 5, 0)).toMatchObject({ rate: 5, remainingSeconds: null });
  });
});
