import { createGraph, freeInputs, inputName, type Value } from '@parallax/graph';
import type { Engine, Feeds, Results } from '@parallax/runtime';

/** Compiles the values and runs them once, on those of the feeds that they depend on. */
export async function compute(
  engine: Engine,
  outputs: Readonly<Record<string, Value>>,
  feeds: Feeds = {},
): Promise<Results> {
  const inputs = freeInputs(Object.values(outputs));
  const names = new Set(inputs.map(inputName));
  const executable = await engine.compile(createGraph(inputs, outputs));
  try {
    return await executable.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name))));
  } finally {
    await executable.close();
  }
}
