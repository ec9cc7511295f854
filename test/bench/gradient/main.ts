// Loss and input gradient: images a second and GFLOP/s, direct and tiled convolutions, against PyTorch (--peer PYTHON).
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  createGraph,
  differentiate,
  type Graph,
  importModel,
  inline,
  input,
  inputName,
  logSoftmax,
  matMul,
  mul,
  neg,
  oneHot,
  reduceSum,
  type Value,
} from '@parallax/graph';
import { countMacs } from '@parallax/paradigms';
import {
  type CompileOptions,
  createOnnxRuntimeEngine,
  type Engine,
  type Executable,
  type Feeds,
} from '@parallax/runtime';
import { float32, int64, sliceBatch, uniform } from '@parallax/tensor';
import { resNet18, viTTiny } from './models.ts';
import { type Peer, startPeer } from './peer.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: {
    peer: { type: 'string' },
    models: { type: 'string', default: 'resnet18,vit-tiny,resnet_2b' },
    'models-dir': { type: 'string', default: '../shared/models' },
    batches: { type: 'string', default: '1,8,32,128' },
    rounds: { type: 'string', default: '5' },
    out: { type: 'string' },
  },
});

/** A model as a user brings it: imported from its file. */
function resNet2B(images: Value): Value {
  const { graph } = importModel(readFileSync(path.join(options['models-dir'], 'resnet_2b.onnx')));
  const [name = ''] = graph.inputs.map(inputName);
  const [logits] = Object.values(inline(graph, { [name]: images }));
  if (logits === undefined) throw new Error('resnet_2b.onnx: expected an output');
  return logits;
}

const networks: Readonly<Record<string, (images: Value) => Value>> = {
  resnet18: resNet18,
  'vit-tiny': viTTiny,
  resnet_2b: resNet2B,
};
const cores = availableParallelism();

/** Cross-entropy of [N, 3, 32, 32] images, each sample's own, and its gradient. */
function lossAndGradient(network: (images: Value) => Value): Graph {
  const images = input('images', ['N', 3, 32, 32]);
  const labels = input('labels', ['N'], 'int64');
  const loss = neg(reduceSum(mul(logSoftmax(network(images)), oneHot(labels, 10)), [1], false));
  const [gradient] = differentiate(loss, [images]);
  if (gradient === undefined) throw new Error('expected a gradient');
  return createGraph([images, labels], { loss, gradient });
}

function feedsOf(batch: number): Feeds {
  return {
    images: float32([batch, 3, 32, 32], uniform({ seed: 1, purpose: 'bench.images' }, batch * 3 * 32 * 32)),
    labels: int64([batch], Array<number>(batch).fill(0)),
  };
}

/** One way to run a batch. */
interface Way {
  readonly name: string;
  readonly run: (feeds: Feeds, batch: number) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The batch cut into as many parts as there are workers of one thread each. */
function inParts(name: string, executable: Executable, parts: number): Way {
  return {
    name,
    close: () => executable.close(),
    run: (feeds, batch) =>
      Promise.all(
        Array.from({ length: Math.min(parts, batch) }, (_, part) => {
          const [from, to] = [part, part + 1].map((end) => Math.floor((end * batch) / Math.min(parts, batch)));
          const cut = Object.entries(feeds).map(([key, tensor]) => [key, sliceBatch(tensor, from ?? 0, to ?? 0)]);
          return executable.run(Object.fromEntries(cut));
        }),
      ),
  };
}

/** Compiles, and says how long that took and how much memory the first run left taken in each worker that ran. */
async function compiled(engine: Engine, graph: Graph, options: CompileOptions): Promise<Executable> {
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const executable = await engine.compile(graph, options);
  const seconds = (performance.now() - started) / 1000;
  await executable.run(feedsOf(1));
  const megabytes = (process.memoryUsage().rss - before) / 1e6;
  console.log(
    `  ${options.convolutions}, ${options.threads ?? 1} threads: compiled in ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`,
  );
  return executable;
}

async function waysOf(engine: Engine, graph: Graph, peer: Peer | undefined, model: string): Promise<readonly Way[]> {
  const ways: Way[] = [];
  for (const convolutions of ['direct', 'tiled'] as const) {
    const each = await compiled(engine, graph, { convolutions });
    ways.push(inParts(`${convolutions}, ${cores} workers`, each, cores));
    const together = await compiled(engine, graph, { convolutions, threads: cores });
    ways.push(inParts(`${convolutions}, ${cores} threads`, together, 1));
  }
  if (peer?.models.includes(model)) {
    ways.push({ name: 'PyTorch', run: (_, batch) => peer.run(model, batch), close: async () => undefined });
  }
  return ways;
}

/** Best seconds of each way; rounds alternate between them, so that a busy machine is busy for all. */
async function measure(ways: readonly Way[], batch: number, rounds: number): Promise<readonly number[]> {
  const feeds = feedsOf(batch);
  const best = ways.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, way] of ways.entries()) {
      const started = performance.now();
      await way.run(feeds, batch);
      const seconds = (performance.now() - started) / 1000;
      // The first round warms up.
      if (round > 0) best[index] = Math.min(best[index] ?? seconds, seconds);
    }
  }
  return best;
}

/** Multiply-add rate of one large matrix product on every core, in GFLOP/s. */
async function peakOf(engine: Engine): Promise<number> {
  const side = 1024;
  const [a, b] = [input('a', [side, side]), input('b', [side, side])];
  const product = await engine.compile(createGraph([a, b], { y: reduceSum(matMul(a, b)) }));
  const numbers = float32([side, side], uniform({ seed: 1, purpose: 'bench.peak' }, side * side));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round++) {
    const started = performance.now();
    await Promise.all(Array.from({ length: cores }, () => product.run({ a: numbers, b: numbers })));
    best = Math.min(best, performance.now() - started);
  }
  await product.close();
  return (2 * side ** 3 * cores) / best / 1e6;
}

const engine = createOnnxRuntimeEngine();
const script = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../gradient/peer.py');
const peer = options.peer === undefined ? undefined : await startPeer(options.peer, script, cores);
const peak = await peakOf(engine);
console.log(
  `${cores} cores, ${peak.toFixed(0)} GFLOP/s in a matrix product${peer === undefined ? '' : `, PyTorch ${peer.version}`}`,
);
const results: object[] = [];
for (const model of options.models.split(',')) {
  const network = networks[model];
  if (network === undefined)
    throw new Error(`--models: expected some of ${Object.keys(networks).join()}, got ${model}`);
  const graph = lossAndGradient(network);
  const gigaflop = (2 * countMacs(graph.outputs.map(({ value }) => value))) / 1e9;
  console.log(`\n${model}: ${gigaflop.toFixed(3)} GFLOP an image`);
  const ways = await waysOf(engine, graph, peer, model);
  for (const batch of options.batches.split(',').map(Number)) {
    const seconds = await measure(ways, batch, Number(options.rounds));
    const reference = seconds[ways.length - 1] ?? Number.NaN;
    for (const [index, { name }] of ways.entries()) {
      const took = seconds[index] ?? Number.NaN;
      const rate = batch / took;
      const ratio = reference / took;
      results.push({
        model,
        batch,
        way: name,
        imagesPerSecond: rate,
        gigaflops: rate * gigaflop,
        ofPeak: (rate * gigaflop) / peak,
        ratio,
      });
      const cells = [
        `batch ${batch}`.padEnd(10),
        name.padEnd(20),
        `${rate.toFixed(1)} images/s`.padStart(18),
        `${(rate * gigaflop).toFixed(0)} GFLOP/s`.padStart(12),
        `${((100 * rate * gigaflop) / peak).toFixed(0)} % of peak`.padStart(14),
        peer === undefined ? '' : `${ratio.toFixed(2)}×`.padStart(8),
      ];
      console.log(cells.join(' '));
    }
  }
  for (const way of ways) await way.close();
}
if (options.out !== undefined)
  writeFileSync(options.out, `${JSON.stringify({ cores, peak, peer: peer?.version, results }, null, 2)}\n`);
await peer?.close();
await engine.close();
