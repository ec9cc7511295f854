import { Violations } from '@parallax/config';
import { Augmentation, ProbeRecipe as ProbeRecipeMessage, Solver } from '@parallax/proto/parallax/probe/v1/probe_run';
import type { ProbeRecipe } from '../runs/probe-spec.ts';

/** The paper's Table 6. */
const standard = { epochs: 30, batchSize: 256, momentum: 0.9, weightDecay: 5e-4, gradientClip: 5 } as const;

/** Numbers of a recipe: their names in the contract, and what they may be. */
const numbers = [
  { field: 'epochs', key: 'epochs', expected: 'an integer in [1, 10000]', holds: (x: number) => x >= 1 && x <= 10_000 },
  {
    field: 'batch_size',
    key: 'batchSize',
    expected: 'an integer in [1, 65536]',
    holds: (x: number) => x >= 1 && x <= 65_536,
  },
  {
    field: 'learning_rate',
    key: 'learningRate',
    expected: 'a finite number > 0',
    holds: (x: number) => x > 0 && Number.isFinite(x),
  },
  { field: 'momentum', key: 'momentum', expected: 'a number in [0, 1)', holds: (x: number) => x >= 0 && x < 1 },
  {
    field: 'weight_decay',
    key: 'weightDecay',
    expected: 'a finite number ≥ 0',
    holds: (x: number) => x >= 0 && Number.isFinite(x),
  },
  {
    field: 'gradient_clip',
    key: 'gradientClip',
    expected: 'a finite number > 0',
    holds: (x: number) => x > 0 && Number.isFinite(x),
  },
] as const;

/** What only SGD uses. */
const sgdOnly = ['batchSize', 'learningRate', 'momentum', 'gradientClip'] as const;

/** Fills in the defaults. @throws InputError naming every field that is out of range, or that the solver would not use. */
export function parseRecipe(given: ProbeRecipeMessage = ProbeRecipeMessage.create()): ProbeRecipe {
  const violations = new Violations();
  for (const { field, key, expected, holds } of numbers) {
    const value = given[key];
    violations.expect(value === undefined || holds(value), field, expected, value);
  }
  const usesSgd = given.solver === Solver.SGD;
  const solvers: readonly Solver[] = [Solver.UNSPECIFIED, Solver.CONJUGATE_GRADIENTS, Solver.SGD];
  violations.expect(solvers.includes(given.solver), 'solver', 'CONJUGATE_GRADIENTS or SGD', given.solver);
  const augmentations: readonly Augmentation[] = [Augmentation.UNSPECIFIED, Augmentation.NONE, Augmentation.WEAK];
  violations.expect(augmentations.includes(given.augmentation), 'augmentation', 'NONE or WEAK', given.augmentation);
  if (!usesSgd) refuseSgdFields(given, violations);
  violations.throwIfAny();
  return usesSgd ? sgdRecipe(given) : conjugateGradientsRecipe(given);
}

function refuseSgdFields(given: ProbeRecipeMessage, violations: Violations): void {
  for (const { field, key } of numbers) {
    const isForeign = sgdOnly.some((name) => name === key);
    violations.expect(!isForeign || given[key] === undefined, field, 'nothing, unless solver is SGD', given[key]);
  }
  const isWeak = given.augmentation === Augmentation.WEAK;
  violations.expect(!isWeak, 'augmentation', 'NONE, unless solver is SGD', 'WEAK');
}

function conjugateGradientsRecipe({ epochs, weightDecay, standardize }: ProbeRecipeMessage): ProbeRecipe {
  return {
    solver: 'conjugate-gradients',
    epochs: epochs ?? null,
    weightDecay: weightDecay ?? null,
    standardize: standardize ?? true,
  };
}

function sgdRecipe(given: ProbeRecipeMessage): ProbeRecipe {
  return {
    solver: 'sgd',
    epochs: given.epochs ?? standard.epochs,
    batchSize: given.batchSize ?? standard.batchSize,
    learningRate: given.learningRate ?? null,
    momentum: given.momentum ?? standard.momentum,
    weightDecay: given.weightDecay ?? standard.weightDecay,
    gradientClip: given.gradientClip ?? standard.gradientClip,
    augmentation: given.augmentation === Augmentation.WEAK ? 'weak' : 'none',
    standardize: given.standardize ?? true,
  };
}
