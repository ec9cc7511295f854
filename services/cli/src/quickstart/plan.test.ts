import { expect, test } from 'vitest';
import { parseOptions } from '../options/parse-options.ts';
import { quickstartOptionsSchema } from './options.ts';
import { quickstartPlan } from './plan.ts';

const defaults = { samples: '200', attacks: 'pgd,apgd-ce', eps: '8/255', seed: '0' };

function planOf(changes: Readonly<Record<string, unknown>> = {}) {
  return quickstartPlan(parseOptions(quickstartOptionsSchema, { ...defaults, ...changes }), 'cifar10');
}

test('the plan has an encoder of each paradigm and each attack at the budget asked', () => {
  const plan = planOf();
  expect(plan.encoders.map(({ name }) => name)).toEqual([
    'sl-tiny-cifar10',
    'cl-tiny-cifar10',
    'mim-tiny-cifar10',
    'dm-tiny-cifar10',
  ]);
  expect(plan.attacks.map(({ name, attack }) => [name, attack?.budget?.epsilon])).toEqual([
    ['pgd', 8 / 255],
    ['apgd-ce', 8 / 255],
  ]);
  expect(plan).toMatchObject({ trainDataset: { name: 'cifar10:train' }, testDataset: { name: 'cifar10:test' } });
});

test('options reach the attack, or the recipes, they are meant for', () => {
  const plan = planOf({ set: ['pgd.steps=7', 'pgd.stepSize=2/255'], recipe: ['epochs=1'] });
  const [pgd, apgd] = plan.attacks.map(({ attack }) => attack?.options);
  expect(pgd?.['steps']?.value).toEqual({ $case: 'number', value: 7 });
  expect(pgd?.['stepSize']?.value).toEqual({ $case: 'text', value: '2/255' });
  expect(apgd?.['steps']?.value).toEqual({ $case: 'number', value: 10 });
  const [source] = plan.encoders.map((encoder) => encoder.source);
  expect(source?.$case === 'training' && source.value.overrides['epochs']?.value).toEqual({
    $case: 'number',
    value: 1,
  });
});

test('encoders that differ in what they are trained by differ in name', () => {
  const names = [{}, { seed: '1' }, { recipe: ['epochs=1'] }, { trainSamples: '64' }].map((change) => {
    return planOf(change).encoders[0]?.name;
  });
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]{1,63}$/);
  expect(planOf({ batch: '7', samples: '3' }).encoders[0]?.name).toBe('sl-tiny-cifar10');
});
