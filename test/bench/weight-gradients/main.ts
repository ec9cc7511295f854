// Formulations of the weight gradient of a convolution, and whole training steps (docs/decisions/002).
import process from 'node:process';
import { createGraph, type Graph, input, inputName } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine, type Executable, type Feeds } from '@parallax/runtime';
import { createTensor, elementCount, float32, normal, type Tensor } from '@parallax/tensor';
import { trainingStep } from './training-step.ts';
import { formulations, layers, operationsOf } from './weight-gradients.ts';

const batch = 64;
const repetitions = 15;

/** Random feeds for a graph of fixed shapes; integers are class labels. */
function feedsOf(graph: Graph): Feeds {
  const feed = (value: Graph['inputs'][number]): Tensor => {
    const dims = value.shape.map(Number);
    const length = elementCount(dims);
    if (value.dtype === 'int64')
      return createTensor(
        'int64',
        dims,
        new BigInt64Array(length).map((_, at) => BigInt(at % 10)),
      );
    return float32(
      dims,
      normal({ seed: 1, purpose: inputName(value) }, length).map((number) => number / 10),
    );
  };
  return Object.fromEntries(graph.inputs.map((value) => [inputName(value), feed(value)]));
}

/** The best of several interleaved repetitions, in milliseconds: other work on the machine only ever adds. */
async function times(runs: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> {
  const best = runs.map(() => Number.POSITIVE_INFINITY);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [index, run] of runs.entries()) {
      const start = performance.now();
      await run();
      best[index] = Math.min(best[index] ?? 0, performance.now() - start);
    }
  }
  return best;
}

async function benchWeightGradients(engine: Engine): Promise<void> {
  print(`weight gradients, batch ${batch}, GFLOP/s: ${Object.keys(formulations).join(' | ')}`);
  for (const layer of layers) {
    const { channels, outputs, side, kernel, stride } = layer;
    const x = input('x', [batch, channels, side, side]);
    const g = input('g', [batch, outputs, Math.ceil(side / stride), Math.ceil(side / stride)]);
    const graphs = Object.values(formulations).map((formulation) =>
      createGraph([x, g], { y: formulation(x, g, layer) }),
    );
    const executables: readonly Executable[] = await Promise.all(graphs.map((graph) => engine.compile(graph)));
    const feeds = graphs[0] === undefined ? {} : feedsOf(graphs[0]);
    const measured = await times(executables.map((executable) => () => executable.run(feeds)));
    const rates = measured.map((milliseconds) => ((batch * operationsOf(layer)) / milliseconds / 1e6).toFixed(0));
    print(`  ${channels}→${outputs} ${kernel}×${kernel} on ${side}×${side} /${stride}: ${rates.join(' | ')}`);
    await Promise.all(executables.map((executable) => executable.close()));
  }
}

async function benchTrainingStep(engine: Engine): Promise<void> {
  const graph = trainingStep(batch);
  const feeds = feedsOf(graph);
  const one = await engine.compile(graph);
  const two = await engine.compile(graph, { threads: 2 });
  const [alone = 0, threads = 0, pair = 0] = await times([
    () => one.run(feeds),
    () => two.run(feeds),
    () => Promise.all([one.run(feeds), one.run(feeds)]),
  ]);
  print(`training step of ${batch} images, ms: ${alone.toFixed(1)} on one thread, ${threads.toFixed(1)} on two`);
  print(`two steps side by side, ms: ${pair.toFixed(1)}`);
  await Promise.all([one.close(), two.close()]);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const engine = createOnnxRuntimeEngine({ workers: 2 });
await benchTrainingStep(engine);
await benchWeightGradients(engine);
await engine.close();
