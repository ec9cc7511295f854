import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { createTfjsEngine } from '@parallax/runtime/tfjs';
import { readNodeTests } from './node-tests.ts';
import type { TestReport } from './report.ts';
import { runNodeTest } from './run-test.ts';

export interface StandardRun {
  /** Names of the engines, in the order of the outcomes. */
  readonly engines: readonly string[];
  readonly reports: readonly TestReport[];
}

/** Runs the node tests in a folder whose name contains some text, on every engine. */
export async function runNodeTests(folder: string, only = ''): Promise<StandardRun> {
  const engines = [createOnnxRuntimeEngine({ workers: 1 }), createTfjsEngine({ backend: 'cpu' })];
  const reports: TestReport[] = [];
  for (const test of readNodeTests(folder).filter(({ name }) => name.includes(only))) {
    reports.push({ test, outcomes: await runNodeTest(test, engines) });
  }
  await Promise.all(engines.map((engine) => engine.close()));
  return { engines: engines.map(({ name }) => name), reports };
}
