import { InputError, type Violation, Violations } from '@parallax/config';
import { parseExactSeed } from '@parallax/messages';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Plan, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';

/** Name of the feature of encoders trained on images as they are. */
const naturalFeature = 'natural';
const largestBatch = 4096;
const largestStrip = 64;
/** Names of encoders are part of addresses; the rule is that of EncoderRef. */
const namePattern = /^[a-z0-9-]{1,63}$/;
const nameExpectation = '1 to 63 characters of a-z, 0-9 and -';

/**
 * Reads a plan as far as it can be read without looking anything up.
 * @throws InputError naming every field that is wrong.
 */
export function parsePlan(plan: Plan | undefined): Plan {
  if (plan === undefined) throw new InputError([{ field: 'plan', expected: 'a plan', got: 'nothing' }]);
  const violations = new Violations();
  for (const [field, dataset] of [
    ['plan.train_dataset', plan.trainDataset],
    ['plan.test_dataset', plan.testDataset],
  ] as const) {
    violations.expect((dataset?.name ?? '') !== '', field, 'the name of a dataset, such as cifar10:train', 'nothing');
  }
  violations.expect(plan.encoders.length > 0, 'plan.encoders', 'at least one encoder', 'none');
  const { batchSize, stripSamples, attackSamples } = plan;
  violations.expect(attackSamples >= 0, 'plan.attack_samples', 'an integer ≥ 0', attackSamples);
  violations.expect(batchSize >= 0 && batchSize <= largestBatch, 'plan.batch_size', `0 to ${largestBatch}`, batchSize);
  violations.expect(
    stripSamples >= 0 && stripSamples <= largestStrip,
    'plan.strip_samples',
    `0 to ${largestStrip}`,
    stripSamples,
  );
  const problems = [
    ...plan.encoders.flatMap(encoderProblems),
    ...repeated(
      plan.encoders.map(({ name }) => name),
      'plan.encoders',
    ),
    ...plan.attacks.flatMap(({ name }, index) =>
      namePattern.test(name) ? [] : [problem(`plan.attacks[${index}].name`, nameExpectation, `"${name}"`)],
    ),
    ...repeated(
      plan.attacks.map(({ name }) => name),
      'plan.attacks',
    ),
  ];
  for (const { field, expected, got } of problems) violations.expect(false, field, expected, got);
  violations.throwIfAny();
  parseExactSeed(plan.seed, 'plan.seed');
  return plan;
}

function encoderProblems({ name, source, feature, featureName }: PlannedEncoder, index: number): readonly Violation[] {
  const field = `plan.encoders[${index}]`;
  const problems: Violation[] = [];
  if (!namePattern.test(name)) problems.push(problem(`${field}.name`, nameExpectation, `"${name}"`));
  if (source === undefined) problems.push(problem(`${field}.source`, 'training or existing', 'nothing'));
  if (source?.$case === 'training' && source.value.paradigm === Paradigm.UNSPECIFIED) {
    problems.push(problem(`${field}.training.paradigm`, 'SL, CL, MIM or DM', 'nothing'));
  }
  const isNatural = featureName === '' || featureName === naturalFeature;
  if (feature !== undefined && (isNatural || !namePattern.test(featureName))) {
    problems.push(problem(`${field}.feature_name`, `a name other than ${naturalFeature}`, `"${featureName}"`));
  }
  if (feature === undefined && !isNatural) {
    problems.push(
      problem(`${field}.feature_name`, `nothing or ${naturalFeature}, without feature`, `"${featureName}"`),
    );
  }
  return problems;
}

function repeated(names: readonly string[], field: string): readonly Violation[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [problem(`${field}[${index}].name`, 'a name that no other has', `"${name}" again`)],
  );
}

function problem(field: string, expected: string, got: string): Violation {
  return { field, expected, got };
}
