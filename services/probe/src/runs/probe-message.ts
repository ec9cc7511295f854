import { paradigmMessages } from '@parallax/messages';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import {
  Augmentation,
  ProbeRecipe as ProbeRecipeMessage,
  ProbeRun,
  type ProbeSource,
  Solver,
} from '@parallax/proto/parallax/probe/v1/probe_run';
import { type Run, runMessage } from '@parallax/workflow';
import type { ProbeRecipe, ProbeResult, ProbeSpec, SourceSpec } from './probe-spec.ts';

/** A run in the words of the contracts, with the defaults of its recipe filled in. */
export function probeRunMessage(run: Run<ProbeSpec, ProbeResult>): ProbeRun {
  const { spec, result } = run;
  return ProbeRun.create({
    run: runMessage(run),
    spec: {
      source: sourceMessage(spec.source),
      trainDataset: { name: spec.trainDataset },
      testDataset: { name: spec.testDataset },
      recipe: recipeMessage(spec.recipe),
      seed: BigInt(spec.seed),
    },
    result,
  });
}

function sourceMessage(source: SourceSpec): ProbeSource {
  if (source.kind === 'raw-pixels') return { source: { $case: 'rawPixels', value: {} } };
  const { name, address, paradigm } = source;
  const value = { name, address, paradigm: paradigm === null ? Paradigm.UNSPECIFIED : paradigmMessages[paradigm] };
  return { source: { $case: 'encoder', value } };
}

function recipeMessage(recipe: ProbeRecipe): ProbeRecipeMessage {
  if (recipe.solver === 'conjugate-gradients') {
    return ProbeRecipeMessage.create({
      solver: Solver.CONJUGATE_GRADIENTS,
      epochs: recipe.epochs ?? undefined,
      weightDecay: recipe.weightDecay ?? undefined,
      augmentation: Augmentation.NONE,
      standardize: recipe.standardize,
    });
  }
  const { learningRate, augmentation, solver: _solver, ...given } = recipe;
  return ProbeRecipeMessage.create({
    ...given,
    solver: Solver.SGD,
    learningRate: learningRate ?? undefined,
    augmentation: augmentation === 'weak' ? Augmentation.WEAK : Augmentation.NONE,
  });
}
