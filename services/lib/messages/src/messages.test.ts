import { InputError } from '@parallax/config';
import type { ObjectiveSpec } from '@parallax/objectives';
import { AttackSpec, VerdictRule } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { describe, expect, it } from 'vitest';
import { parseAttackSpec } from './attack-spec.ts';
import { objectiveMessage, parseObjective } from './objective.ts';
import { optionValueMessages, parseOptionValues } from './options.ts';
import { paradigmName } from './paradigms.ts';
import { sampleOutcomeMessage, sampleOutcomeOf } from './sample-outcome.ts';
import { parseClasses, parseSampleIds } from './samples.ts';

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'nothing';
};

describe('objectives', () => {
  it.each<ObjectiveSpec>([
    { kind: 'crossEntropy', direction: 'toward' },
    { kind: 'dlr', direction: 'away' },
    { kind: 'margin', direction: 'away' },
    { kind: 'logitDifference', direction: 'toward' },
    {
      kind: 'infoNce',
      direction: 'away',
      useProjector: true,
      augment: true,
      temperature: 0.25,
      positive: 'natural',
    },
    { kind: 'alignment', direction: 'away', useProjector: true },
    { kind: 'maeReconstruction', direction: 'away', maskRatio: 0.5, allPixels: true },
    { kind: 'ddpmNoise', direction: 'toward', timestep: 7 },
    { kind: 'featureMatching', direction: 'toward', relative: true },
  ])('come back as they were: $kind', (spec) => {
    expect(parseObjective(objectiveMessage(spec))).toEqual({ spec, head: undefined });
  });

  it('keep the head they name', () => {
    const head = { head: { $case: 'artifactDigest' as const, value: 'abc' } };
    expect(parseObjective({ kind: { $case: 'dlr', value: { head } }, direction: 0 }).head).toBe(head);
  });
});

describe('options', () => {
  it('come back as they were', () => {
    const options = { steps: 10, stepSize: '2/255', randomStart: false };
    expect(parseOptionValues(optionValueMessages(options))).toEqual(options);
  });

  it('must have a value', () => {
    expect(messageOf(() => parseOptionValues({ steps: { value: undefined } }))).toMatch(/^options\.steps: expected/);
  });
});

describe('attacks', () => {
  const spec = (change: Partial<AttackSpec> = {}): AttackSpec => ({
    ...AttackSpec.create({ name: 'pgd', budget: { norm: Norm.L2, epsilon: 0.5 }, gradientDraws: 3 }),
    ...change,
  });
  const parse = (given: AttackSpec) => parseAttackSpec(given, [3, 8, 8]);

  it('are read against the shape of the images', () => {
    expect(parse(spec())).toMatchObject({
      budget: { norm: 'l2', epsilon: 0.5 },
      selection: 'verdict',
      gradientDraws: 3,
      verdictDraws: undefined,
      verdictRule: 'majority',
      isCascade: false,
      stages: [{ bound: { name: 'pgd', options: { steps: 10 } }, objective: undefined, condition: 'always' }],
    });
  });

  it('may be judged by any one draw, by name', () => {
    expect(parse(spec({ verdictRule: VerdictRule.ANY_DRAW })).verdictRule).toBe('anyDraw');
  });

  it.each<[string, AttackSpec, RegExp]>([
    ['a norm they cannot be held to', spec({ budget: { norm: Norm.L0, epsilon: 3 } }), /budget\.norm: .* got "l0"/],
    [
      'too large a ball',
      spec({ budget: { norm: Norm.L2, epsilon: 14 } }),
      /budget\.epsilon: .* at most 13\.8564 in l2/,
    ],
    [
      'stages without being a cascade',
      spec({ stages: [{ name: 'fgsm', options: {}, objective: undefined }] }),
      /stages/,
    ],
  ])('are refused for %s', (_, given, message) => {
    expect(messageOf(() => parse(given))).toMatch(message);
  });
});

describe('samples', () => {
  it('are counted from the first id when none are given', () => {
    expect(parseSampleIds([], 3, 5)).toEqual([5, 6, 7]);
  });

  it('must be told apart, and have classes that exist', () => {
    expect(messageOf(() => parseSampleIds([1n, 1n], 2))).toBe('sample_ids: expected distinct ids, got 1');
    const classes = () => parseClasses([0, 3], { field: 'labels', count: 2, classes: 3 });
    expect(messageOf(classes)).toBe('labels[1]: expected a class in [0, 3), got 3');
  });

  it('keep their outcomes', () => {
    const outcome = {
      sampleId: 4,
      attacked: true,
      cleanLoss: 0.5,
      loss: 2,
      brokenBy: 'pgd',
      brokenAtStep: 3,
      forward: 4,
      backward: 3,
      zeroGradient: 0,
      nanGradient: 0,
    };
    expect(sampleOutcomeOf(sampleOutcomeMessage(outcome))).toEqual(outcome);
  });
});

it('names paradigms', () => {
  expect([Paradigm.SL, Paradigm.DM, Paradigm.UNSPECIFIED].map(paradigmName)).toEqual(['sl', 'dm', undefined]);
});
