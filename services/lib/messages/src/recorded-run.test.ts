import { Placement } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { expect, it } from 'vitest';
import { attackRunSpec, type RecordedEncoder, type RecordedRun } from './recorded-run.ts';

const digest = 'a'.repeat(64);
const headNamed = { head: { $case: 'artifactDigest', value: digest } };

function encoder(name: string, change: Partial<RecordedEncoder> = {}): RecordedEncoder {
  return { name, sha256: digest, parts: {}, head: 'own', ...change };
}

const run: RecordedRun = {
  encoders: [encoder('one')],
  dataset: { name: 'shapes:test', sha256: digest, samples: 4 },
  attack: 'pgd',
  options: { steps: 3 },
  objective: { kind: 'margin', direction: 'away' },
  budget: { norm: 'linf', epsilon: 0.1 },
  selection: 'verdict',
  draws: { gradient: 1, acceptance: 1, verdict: 1 },
  verdictRule: 'majority',
  pixelGrid: 'float32',
  seed: '9',
};

it('asks for one encoder next to its weights, unless it was attacked from afar', () => {
  const { sources, attack } = attackRunSpec(run);
  expect(sources).toMatchObject([{ encoder: { name: 'one' }, objective: { kind: { $case: 'margin' } } }]);
  expect(sources[0]?.weight).toBeUndefined();
  expect(attack?.placement).toBe(Placement.NEAR);
  expect(attackRunSpec({ ...run, placement: 'far' }).attack?.placement).toBe(Placement.FAR);
});

it('asks for several encoders, each with its weight, its head and its objective', () => {
  const { objective: _, ...several } = run;
  const encoders = [
    encoder('one', { paradigm: 'sl', weight: 0.5, objective: { kind: 'featureMatching', direction: 'away' } }),
    encoder('two', { head: digest, weight: 2, objective: { kind: 'dlr' }, objectiveHead: digest }),
  ];
  expect(attackRunSpec({ ...several, encoders, placement: 'far' }).sources).toMatchObject([
    {
      encoder: { name: 'one', paradigm: Paradigm.SL },
      weight: 0.5,
      head: undefined,
      objective: { kind: { $case: 'featureMatching' } },
    },
    {
      encoder: { name: 'two' },
      weight: 2,
      head: headNamed,
      objective: { kind: { $case: 'dlr', value: { head: headNamed } } },
    },
  ]);
});

it('asks for the stages of a custom cascade, with the heads that their objectives name', () => {
  const { objective: _, options: __, ...rest } = run;
  const stages = [{ attack: 'fgsm', options: {}, objective: { kind: 'crossEntropy' }, objectiveHead: digest }] as const;
  const { attack, sources } = attackRunSpec({ ...rest, attack: 'cascade', stages });
  expect(attack?.stages).toMatchObject([
    { name: 'fgsm', objective: { kind: { $case: 'crossEntropy', value: { head: headNamed } } } },
  ]);
  expect(sources[0]?.objective).toBeUndefined();
});
