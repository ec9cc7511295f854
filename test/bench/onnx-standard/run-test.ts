import { GraphError } from '@parallax/graph';
import { type Engine, FeedError, type Results, RuntimeError } from '@parallax/runtime';
import type { Tensor } from '@parallax/tensor';
import { type ImportedTest, importTest } from './import-test.ts';
import type { NodeTest } from './node-tests.ts';

/** What came of a test on one engine. `unsupported` is a clear refusal; anything else that is not right has `failed`. */
export interface Outcome {
  readonly state: 'passed' | 'unsupported' | 'failed';
  /** Why, unless it passed. */
  readonly reason: string;
}

/** Tolerances of the standard's own runner. */
const relativeTolerance = 1e-3;
const absoluteTolerance = 1e-7;
/** Half precision is computed in float32 here, and rounded at every step there. */
const halfTolerance = 2e-2;

/** Imports a test once and runs it on every engine. */
export async function runNodeTest(test: NodeTest, engines: readonly Engine[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = engines.map(() => ({ state: 'passed', reason: '' }));
  for (const dataSet of test.dataSets) {
    const imported = attempt(() => importTest(test, dataSet));
    for (const [index, engine] of engines.entries()) {
      if (outcomes[index]?.state !== 'passed') continue;
      outcomes[index] = imported instanceof Error ? refusal('import', imported) : await runOn(engine, imported, test);
    }
  }
  return outcomes;
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Errors of ours are refusals; others are mistakes. */
function refusal(when: string, error: Error): Outcome {
  const expected = error instanceof GraphError || error instanceof RuntimeError || error instanceof FeedError;
  const [line = ''] = error.message.split('\n');
  return { state: expected ? 'unsupported' : 'failed', reason: expected ? line : `${when}: ${error.name}: ${line}` };
}

async function runOn(engine: Engine, { graph, feeds, expected }: ImportedTest, test: NodeTest): Promise<Outcome> {
  let results: Results;
  try {
    const executable = await engine.compile(graph);
    try {
      results = await executable.run(feeds);
    } finally {
      await executable.close();
    }
  } catch (error) {
    return refusal('run', error instanceof Error ? error : new Error(String(error)));
  }
  const tolerance = /float16|bf16|fp16/i.test(test.name) ? halfTolerance : relativeTolerance;
  for (const [name, tensor] of Object.entries(expected)) {
    const difference = differenceOf(results[name], tensor, tolerance);
    if (difference !== undefined) return { state: 'failed', reason: `output ${name}: ${difference}` };
  }
  return { state: 'passed', reason: '' };
}

/** What is wrong with a result, or undefined. */
function differenceOf(got: Tensor | undefined, expected: Tensor, tolerance: number): string | undefined {
  const form = ({ dtype, dims }: Tensor): string => `${dtype} [${dims.join(', ')}]`;
  if (got === undefined) return `expected ${form(expected)}, got nothing`;
  if (form(got) !== form(expected)) return `expected ${form(expected)}, got ${form(got)}`;
  const [values, wanted] = [got, expected].map(({ data }) => Array.from(data as ArrayLike<number | bigint>, Number));
  const wrong = (wanted ?? []).findIndex((value, index) => !isNear(values?.[index] ?? Number.NaN, value, tolerance));
  return wrong < 0 ? undefined : `expected ${wanted?.[wrong]} at ${wrong}, got ${values?.[wrong]}`;
}

function isNear(value: number, wanted: number, tolerance: number): boolean {
  if (Object.is(value, wanted) || value === wanted) return true;
  return Math.abs(value - wanted) <= absoluteTolerance + tolerance * Math.abs(wanted);
}
