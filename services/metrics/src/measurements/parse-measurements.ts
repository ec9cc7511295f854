import { Violations } from '@parallax/config';
import type { Budget } from '@parallax/proto/parallax/common/v1/budget';
import type { Proportion } from '@parallax/proto/parallax/common/v1/interval';
import { Measurement, type ScalarValue, Subject } from '@parallax/proto/parallax/metrics/v1/measurement';
import { normalInterval, proportion } from '@parallax/statistics';
import { type KindName, kindNameOf, kindNames, kindRules, type SubjectField } from './kinds.ts';
import { normNameOf, normNames, paradigmNameOf, paradigmNames } from './names.ts';

const mostMeasurements = 10_000;
const longestText = 128;
/** The paper's own images, before any construction (Eq. 6). */
export const naturalFeature = 'natural';

/**
 * Checks measurements as a client sends them and completes what the server owes: values, intervals, the feature
 * `natural`. Identifier and create time are dropped.
 *
 * @throws InputError naming every bad field of every measurement.
 */
export function parseMeasurements(measurements: readonly Measurement[]): readonly Measurement[] {
  const violations = new Violations();
  const count = measurements.length;
  violations.expect(count >= 1 && count <= mostMeasurements, 'measurements', `1 to ${mostMeasurements} entries`, count);
  const parsed = measurements.map((measurement, index) =>
    parseMeasurement(measurement, `measurements[${index}]`, violations),
  );
  violations.throwIfAny();
  return parsed;
}

function parseMeasurement(measurement: Measurement, path: string, violations: Violations): Measurement {
  const { experimentId, sampleSetDigest, measureTime } = measurement;
  const kind = kindNameOf(measurement.kind);
  const subject = measurement.subject ?? Subject.create();
  const hasId = experimentId.length >= 1 && experimentId.length <= longestText;
  violations.expect(hasId, `${path}.experiment_id`, `1 to ${longestText} characters`, experimentId);
  const hasDigest = sampleSetDigest === '' || /^[0-9a-f]{64}$/.test(sampleSetDigest);
  violations.expect(hasDigest, `${path}.sample_set_digest`, '64 hexadecimal digits or nothing', sampleSetDigest);
  violations.expect(kind !== undefined, `${path}.kind`, `one of ${kindNames.join(', ')}`, measurement.kind);
  if (kind !== undefined) {
    checkSubject(subject, kind, `${path}.subject`, violations);
    checkValue(measurement.value, kind, path, violations);
  }
  return Measurement.create({
    experimentId,
    kind: measurement.kind,
    subject: { ...subject, feature: subject.feature || naturalFeature },
    value: completeValue(measurement.value),
    sampleSetDigest,
    measureTime,
  });
}

function checkSubject(subject: Subject, kind: KindName, path: string, violations: Violations): void {
  const { needs, allows } = kindRules[kind];
  for (const field of subjectFields) {
    const name = `${path}.${snakeCase(field)}`;
    const value = subject[field];
    if (isPresent(subject, field)) {
      const fits = needs.includes(field) || allows.includes(field);
      if (violations.expect(fits, name, `nothing, for kind ${kind}`, value))
        checkField(subject, field, name, violations);
    } else violations.expect(!needs.includes(field), name, `a value, for kind ${kind}`, value);
  }
  const hasSeed = subject.seed >= 0n && subject.seed <= BigInt(Number.MAX_SAFE_INTEGER);
  violations.expect(hasSeed, `${path}.seed`, 'an integer in [0, 2^53)', subject.seed);
}

const subjectFields = Object.keys(Subject.create()).filter((field) => field !== 'seed') as readonly SubjectField[];

function isPresent(subject: Subject, field: SubjectField): boolean {
  const value = subject[field];
  return field === 'step' ? value !== undefined : Boolean(value);
}

function checkField(subject: Subject, field: SubjectField, name: string, violations: Violations): void {
  const value = subject[field];
  switch (field) {
    case 'paradigm':
    case 'sourceParadigm':
      violations.expect(
        paradigmNameOf(subject[field]) !== undefined,
        name,
        `one of ${paradigmNames.join(', ')}`,
        value,
      );
      return;
    case 'budget':
      checkBudget(value as Budget, name, violations);
      return;
    case 'step':
      violations.expect((value as number) >= 0, name, 'an integer ≥ 0', value);
      return;
    default:
      violations.expect((value as string).length <= longestText, name, `at most ${longestText} characters`, value);
  }
}

/** The ball of an attack: a known norm, and a radius that is positive and, for Linf, at most the range of a pixel. */
export function checkBudget({ norm, epsilon }: Budget, name: string, violations: Violations): void {
  const known = normNameOf(norm);
  violations.expect(known !== undefined, `${name}.norm`, `one of ${normNames.join(', ')}`, norm);
  violations.expect(Number.isFinite(epsilon) && epsilon > 0, `${name}.epsilon`, 'a number > 0', epsilon);
  violations.expect(known !== 'LINF' || !(epsilon > 1), `${name}.epsilon`, 'at most 1 for LINF', epsilon);
}

function checkValue(value: Measurement['value'], kind: KindName, path: string, violations: Violations): void {
  const wanted = kindRules[kind].value;
  if (!violations.expect(value?.$case === wanted, path, `a ${wanted}, for kind ${kind}`, value?.$case)) return;
  if (value?.$case === 'proportion') checkProportion(value.value, `${path}.proportion`, violations);
  if (value?.$case === 'scalar') checkScalar(value.value, `${path}.scalar`, violations);
}

function checkProportion({ successes, trials }: Proportion, path: string, violations: Violations): void {
  violations.expect(trials >= 1, `${path}.trials`, 'an integer ≥ 1', trials);
  const fits = successes >= 0 && successes <= trials;
  violations.expect(fits, `${path}.successes`, `an integer in [0, ${trials}]`, successes);
}

function checkScalar({ mean, deviation, samples }: ScalarValue, path: string, violations: Violations): void {
  violations.expect(Number.isFinite(mean), `${path}.mean`, 'a finite number', mean);
  violations.expect(Number.isFinite(deviation) && deviation >= 0, `${path}.deviation`, 'a number ≥ 0', deviation);
  violations.expect(samples >= 1, `${path}.samples`, 'an integer ≥ 1', samples);
}

/** The value with what the server fills in. What is malformed stays, and has been noted. */
function completeValue(value: Measurement['value']): Measurement['value'] {
  if (value?.$case === 'proportion') {
    const { successes, trials } = value.value;
    const sound = successes >= 0 && successes <= trials;
    return sound ? { $case: 'proportion', value: proportion(successes, trials) } : value;
  }
  if (value?.$case === 'scalar') {
    return { $case: 'scalar', value: { ...value.value, interval: normalInterval(value.value) } };
  }
  return value;
}

function snakeCase(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
