import { InputError } from '@parallax/config';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { expect, test } from 'vitest';
import { createJsonMethod } from './json-method.ts';

const method = createJsonMethod(ExperimentServiceService.createExperiment);

test('a request is read by the names of the contract', () => {
  const { plan } = method.parseRequest({ plan: { title: 'T', attackSamples: 5, seed: '9007199254740993' } });
  expect(plan).toMatchObject({ title: 'T', attackSamples: 5, seed: 9007199254740993n });
});

test.each([
  [{ plan: { attackSamples: 'many' } }, 'plan.attackSamples: expected an integer of 32 bits, got "many"'],
  [{ plan: { encoders: [{ name: 'a' }, { nome: 'b' }] } }, 'plan.encoders.1.nome: expected no such field, got "b"'],
  [{ plan: [] }, 'plan: expected an object, got []'],
])('%j is refused by field', (json, message) => {
  expect(() => method.parseRequest(json)).toThrow(InputError);
  expect(() => method.parseRequest(json)).toThrow(message);
});
