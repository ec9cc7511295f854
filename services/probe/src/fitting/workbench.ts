import type { Graph } from '@parallax/graph';
import type { Engine, Executable, Feeds, Results, RunOptions } from '@parallax/runtime';
import type { Tensor } from '@parallax/tensor';

/** Runs graphs once or often, and frees them at the end of the scope. */
export class Workbench implements AsyncDisposable {
  private readonly compiled = new Map<Graph, Executable>();

  constructor(
    private readonly engine: Engine,
    private readonly options: RunOptions = {},
  ) {}

  /** Runs a graph on all cores; compiled at its first run. */
  async run(graph: Graph, feeds: Feeds): Promise<Results> {
    const known = this.compiled.get(graph);
    const executable = known ?? (await this.engine.compile(graph, { threads: this.engine.parallelism }));
    this.compiled.set(graph, executable);
    return executable.run(feeds, this.options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.compiled.values()].map((executable) => executable.close()));
  }
}

/** A result by name. */
export function output(results: Results, name: string): Tensor {
  const tensor = results[name];
  if (tensor === undefined) throw new Error(`expected an output ${name}, got ${Object.keys(results).join(', ')}`);
  return tensor;
}

/** A float32 result by name. */
export function floatOutput(results: Results, name: string): Tensor<'float32'> {
  const tensor = output(results, name);
  if (tensor.dtype !== 'float32') throw new Error(`output ${name}: expected float32, got ${tensor.dtype}`);
  return tensor as Tensor<'float32'>;
}
