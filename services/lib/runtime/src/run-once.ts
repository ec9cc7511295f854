import type { Graph } from '@parallax/graph';
import type { CompileOptions, Engine, Feeds, Results } from './engine.ts';

/** A graph and what it is fed. */
export interface Problem {
  readonly graph: Graph;
  readonly feeds: Feeds;
}

/** Compiles, runs once, and lets go. */
export async function runOnce(engine: Engine, { graph, feeds }: Problem, options?: CompileOptions): Promise<Results> {
  const executable = await engine.compile(graph, options);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.close();
  }
}
