import { Violations } from '@parallax/config';
import type { MeasurementFilter } from '@parallax/proto/parallax/metrics/v1/measurement';
import { type KindName, kindNameOf, kindNames } from './kinds.ts';
import { type NormName, normNameOf, type ParadigmName, paradigmNameOf, paradigmNames } from './names.ts';
import { checkBudget } from './parse-measurements.ts';

/** Which measurements are meant. What is absent, or an empty list, means any. */
export interface Filter {
  readonly experimentId?: string | undefined;
  readonly kinds?: readonly KindName[];
  readonly encoders?: readonly string[];
  readonly paradigms?: readonly ParadigmName[];
  readonly features?: readonly string[];
  readonly attack?: string | undefined;
  readonly budget?: { readonly norm: NormName; readonly epsilon: number } | undefined;
  readonly objective?: string | undefined;
  readonly dataset?: string | undefined;
  readonly seeds?: readonly number[];
}

/** @throws InputError naming every bad field. */
export function parseFilter(filter: Partial<MeasurementFilter> | undefined, path = 'filter'): Filter {
  const { kinds = [], paradigms = [], budget, seeds = [], encoders = [], features = [] } = filter ?? {};
  const violations = new Violations();
  const kindList = kinds.map((kind) => kindNameOf(kind));
  const paradigmList = paradigms.map((paradigm) => paradigmNameOf(paradigm));
  violations.expect(!kindList.includes(undefined), `${path}.kinds`, `some of ${kindNames.join(', ')}`, kinds);
  const hasParadigms = !paradigmList.includes(undefined);
  violations.expect(hasParadigms, `${path}.paradigms`, `some of ${paradigmNames.join(', ')}`, paradigms);
  if (budget) checkBudget(budget, `${path}.budget`, violations);
  violations.throwIfAny();
  const norm = budget && normNameOf(budget.norm);
  return {
    experimentId: filter?.experimentId || undefined,
    kinds: kindList.filter((kind) => kind !== undefined),
    encoders,
    paradigms: paradigmList.filter((paradigm) => paradigm !== undefined),
    features,
    attack: filter?.attack || undefined,
    budget: norm && { norm, epsilon: budget.epsilon },
    objective: filter?.objective || undefined,
    dataset: filter?.dataset || undefined,
    seeds: seeds.map(Number),
  };
}

/** The filter of a request about one experiment. @throws InputError when the experiment is not named. */
export function parseExperimentFilter(
  filter: Partial<MeasurementFilter> | undefined,
  path = '',
): Filter & { readonly experimentId: string } {
  const { experimentId, ...rest } = parseFilter(filter, path);
  const violations = new Violations();
  const field = path === '' ? 'experiment_id' : `${path}.experiment_id`;
  violations.expect(experimentId !== undefined, field, 'the id of an experiment', experimentId);
  violations.throwIfAny();
  return { ...rest, experimentId: experimentId ?? '' };
}
