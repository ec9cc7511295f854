import { InputError, within } from '@parallax/config';
import { type Dataset, type DatasetEnvironment, openDataset } from '@parallax/datasets';
import { parseAttackSpec, parseObjective } from '@parallax/messages';
import type { Plan } from '@parallax/proto/parallax/experiment/v1/plan';

/**
 * Checks a plan against what there is: its datasets, and its attacks for images of that shape.
 * @throws InputError, or NotFoundError for an unknown dataset or attack.
 */
export async function checkPlan(plan: Plan, datasets: DatasetEnvironment): Promise<void> {
  const [train, test] = await Promise.all([
    open(plan.trainDataset, 'train', datasets),
    open(plan.testDataset, 'test', datasets),
  ]);
  if (train.shape.join() !== test.shape.join() || train.classes.join() !== test.classes.join()) {
    const expected = `images like those of ${train.name}: ${train.shape.join('x')}, ${train.classes.length} classes`;
    const got = `${test.name}: ${test.shape.join('x')}, ${test.classes.length} classes`;
    throw new InputError([{ field: 'plan.test_dataset', expected, got }]);
  }
  if (plan.attackSamples > test.length) {
    const expected = `at most ${test.length}, the images of ${test.name}`;
    throw new InputError([{ field: 'plan.attack_samples', expected, got: String(plan.attackSamples) }]);
  }
  for (const { feature } of plan.encoders) if (feature) await openDataset(feature.name, datasets);
  for (const [index, { attack, objective }] of plan.attacks.entries()) {
    within(`plan.attacks[${index}]`, () => {
      parseAttackSpec(attack, test.shape);
      if (objective !== undefined) parseObjective(objective);
    });
  }
}

async function open(
  ref: Plan['trainDataset'],
  which: 'train' | 'test',
  datasets: DatasetEnvironment,
): Promise<Dataset> {
  try {
    return await openDataset(ref?.name ?? '', datasets);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.violations.map((each) => ({ ...each, field: `plan.${which}_dataset` })));
  }
}
