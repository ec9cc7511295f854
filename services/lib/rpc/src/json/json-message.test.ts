import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Plan, PlannedEncoder, PlannedTraining } from '@parallax/proto/parallax/experiment/v1/plan';
import { expect, it } from 'vitest';
import { createJsonMessage } from './json-message.ts';

const training = PlannedTraining.create({
  paradigm: Paradigm.SL,
  overrides: { epochs: { value: { $case: 'number', value: 3 } } },
});
const plan: Plan = {
  ...Plan.create({ title: 'all of it', trainDataset: { name: 'shapes:train' }, seed: 2n ** 60n }),
  encoders: [PlannedEncoder.create({ name: 'sl', source: { $case: 'training', value: training } })],
};

it('writes a message as JSON that people can read, and reads it back', () => {
  const json = createJsonMessage('parallax.experiment.v1.Plan', Plan);
  const text = JSON.stringify(json.render(plan));
  expect(JSON.parse(text)).toEqual({
    title: 'all of it',
    trainDataset: { name: 'shapes:train' },
    encoders: [{ name: 'sl', training: { paradigm: 'PARADIGM_SL', overrides: { epochs: { number: 3 } } } }],
    seed: '1152921504606846976',
  });
  expect(json.parse(JSON.parse(text))).toEqual(plan);
});

it('knows the messages of the contracts only', () => {
  expect(() => createJsonMessage('parallax.experiment.v1.Nothing', Plan)).toThrow('parallax.experiment.v1.Nothing');
});
