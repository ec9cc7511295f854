import { InputError } from '@parallax/config';
import { Norm } from '@parallax/proto/parallax/common/v1/budget';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Measurement, MeasurementKind, Subject } from '@parallax/proto/parallax/metrics/v1/measurement';
import { proportion } from '@parallax/statistics';
import { describe, expect, it } from 'vitest';
import { parseMeasurements } from './parse-measurements.ts';

const robustness = Measurement.create({
  experimentId: 'e',
  kind: MeasurementKind.ROBUSTNESS,
  subject: Subject.create({
    encoder: 'sl',
    paradigm: Paradigm.SL,
    dataset: 'cifar10:test',
    attack: 'pgd',
    budget: { norm: Norm.LINF, epsilon: 8 / 255 },
    objective: 'cross-entropy',
  }),
  value: { $case: 'proportion', value: { successes: 3, trials: 10, value: 0, interval: undefined } },
});

const withSubject = (subject: Partial<Subject>): Measurement => ({
  ...robustness,
  subject: { ...(robustness.subject as Subject), ...subject },
});

function violationsOf(...measurements: Measurement[]): string[] {
  try {
    parseMeasurements(measurements);
  } catch (error) {
    if (error instanceof InputError)
      return error.violations.map(({ field, expected, got }) => `${field}: ${expected}, got ${got}`);
    throw error;
  }
  return [];
}

describe('parseMeasurements', () => {
  it('fills in value, interval and the natural feature, and drops what the server gives', () => {
    const [parsed] = parseMeasurements([{ ...robustness, id: 7n, createTime: new Date() }]);
    expect(parsed?.value).toEqual({ $case: 'proportion', value: proportion(3, 10) });
    expect(parsed?.subject?.feature).toBe('natural');
    expect(parsed).toMatchObject({ id: 0n, createTime: undefined });
  });

  it.each<[string, Measurement, string[]]>([
    [
      'no experiment',
      { ...robustness, experimentId: '' },
      ['measurements[0].experiment_id: 1 to 128 characters, got ""'],
    ],
    [
      'no kind',
      { ...robustness, kind: MeasurementKind.UNSPECIFIED },
      ['measurements[0].kind: one of USEFULNESS, RAW_PIXELS, ROBUSTNESS, TRANSFER, CLEAN, LOSS, DURATION, got 0'],
    ],
    [
      'a kind without its fields',
      { ...robustness, kind: MeasurementKind.TRANSFER },
      [
        'measurements[0].subject.source_encoder: a value, for kind TRANSFER, got ""',
        'measurements[0].subject.source_paradigm: a value, for kind TRANSFER, got 0',
      ],
    ],
    [
      'a field of another kind',
      withSubject({ step: 3 }),
      ['measurements[0].subject.step: nothing, for kind ROBUSTNESS, got 3'],
    ],
    [
      'a ball beyond the range of pixels',
      withSubject({ budget: { norm: Norm.LINF, epsilon: 1.5 } }),
      ['measurements[0].subject.budget.epsilon: at most 1 for LINF, got 1.5'],
    ],
    [
      'no radius',
      withSubject({ budget: { norm: Norm.L2, epsilon: Number.NaN } }),
      ['measurements[0].subject.budget.epsilon: a number > 0, got NaN'],
    ],
    ['a negative seed', withSubject({ seed: -1n }), ['measurements[0].subject.seed: an integer in [0, 2^53), got -1']],
    [
      'a bad digest',
      { ...robustness, sampleSetDigest: 'abc' },
      ['measurements[0].sample_set_digest: 64 hexadecimal digits or nothing, got "abc"'],
    ],
    [
      'more successes than trials',
      { ...robustness, value: { $case: 'proportion', value: { ...proportion(1, 1), successes: 2 } } },
      ['measurements[0].proportion.successes: an integer in [0, 1], got 2'],
    ],
    [
      'no trials',
      { ...robustness, value: { $case: 'proportion', value: proportion(0, 0) } },
      ['measurements[0].proportion.trials: an integer ≥ 1, got 0'],
    ],
    [
      'a value of the wrong kind',
      { ...robustness, value: { $case: 'scalar', value: { mean: 1, deviation: 0, samples: 1, interval: undefined } } },
      ['measurements[0]: a proportion, for kind ROBUSTNESS, got "scalar"'],
    ],
    [
      'no value',
      { ...robustness, value: undefined },
      ['measurements[0]: a proportion, for kind ROBUSTNESS, got nothing'],
    ],
    [
      'no subject',
      { ...robustness, kind: MeasurementKind.RAW_PIXELS, subject: undefined },
      ['measurements[0].subject.dataset: a value, for kind RAW_PIXELS, got ""'],
    ],
    [
      'a duration that is no number',
      {
        ...robustness,
        kind: MeasurementKind.DURATION,
        value: { $case: 'scalar', value: { mean: Number.NaN, deviation: -1, samples: 0, interval: undefined } },
      },
      [
        'measurements[0].scalar.mean: a finite number, got NaN',
        'measurements[0].scalar.deviation: a number ≥ 0, got -1',
        'measurements[0].scalar.samples: an integer ≥ 1, got 0',
      ],
    ],
  ])('refuses %s', (_, measurement, expected) => {
    expect(violationsOf(measurement)).toEqual(expected);
  });

  it('names the bad fields of all measurements', () => {
    expect(violationsOf(withSubject({ attack: '' }), robustness, withSubject({ dataset: '' }))).toEqual([
      'measurements[0].subject.attack: a value, for kind ROBUSTNESS, got ""',
      'measurements[2].subject.dataset: a value, for kind ROBUSTNESS, got ""',
    ]);
    expect(violationsOf()).toEqual(['measurements: 1 to 10000 entries, got 0']);
  });
});
