import { compareTensors } from '../differential/compare.ts';
import { forwardCases } from '../differential/forward-cases.ts';
import { differentiatedCases, forwardProblem, gradientProblem, usesFloat64 } from '../differential/problems.ts';
import type { Engine } from '../engine.ts';
import { checkGradient } from '../gradients/check-gradient.ts';
import type { GradientCase } from '../gradients/gradient-case.ts';
import { twice } from '../gradients/slope.ts';
import { type Problem, runOnce } from '../run-once.ts';
import { type Comparison, type ErrorsSeen, recorded } from './errors-seen.ts';

/** What is recorded, by operator. */
export type MeasuredErrors = Readonly<Record<string, ErrorsSeen>>;

/** Engines whose results are compared: one with float64, and others that compute the same graphs. */
export interface ComparedEngines {
  readonly reference: Engine;
  readonly others: readonly Engine[];
}

/**
 * Runs the checks of all operators, and keeps the worst error of each as it is recorded, by name. Takes about a minute.
 * Operators without a gradient are compared across engines alone: 0 says that their results are equal.
 */
export async function measureErrors(engines: ComparedEngines): Promise<MeasuredErrors> {
  const worst = new Map<string, { [C in Comparison]?: number }>();
  const keep = (op: string, comparison: Comparison, error: number): void => {
    const seen = worst.get(op) ?? {};
    worst.set(op, { ...seen, [comparison]: Math.max(seen[comparison] ?? 0, error) });
  };
  for (const [op, cases] of differentiatedCases()) {
    for (const each of cases) {
      const precision = each.precision ?? 'float64';
      keep(op, precision, recorded(await differenceError(engines.reference, each), precision));
      const problem = gradientProblem(each);
      if (!usesFloat64(problem.graph)) keep(op, 'engines', recorded(await enginesError(engines, problem), 'engines'));
    }
  }
  for (const each of forwardCases) {
    const error = await enginesError(engines, forwardProblem(each));
    keep(each.op, 'engines', error === 0 ? 0 : recorded(error, 'engines'));
  }
  return Object.fromEntries([...worst].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function differenceError(engine: Engine, each: GradientCase): Promise<number> {
  const checked = each.twice === true ? [each, twice(each)] : [each];
  let most = 0;
  for (const { traced, inputs, precision = 'float64' } of checked) {
    const errors = await checkGradient(engine, traced, inputs, { precision });
    most = Math.max(most, ...errors.map(({ relative }) => relative));
  }
  return most;
}

async function enginesError({ reference, others }: ComparedEngines, problem: Problem): Promise<number> {
  const expected = await runOnce(reference, problem);
  let most = 0;
  for (const engine of others) {
    const got = await runOnce(engine, problem);
    for (const [name, tensor] of Object.entries(expected)) {
      const other = got[name];
      if (other === undefined) throw new Error(`${name}: expected a result of both engines`);
      most = Math.max(most, compareTensors(other, tensor).relative);
    }
  }
  return most;
}
