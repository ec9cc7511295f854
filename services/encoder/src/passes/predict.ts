import { createGraph, input } from '@parallax/graph';
import { createDraws, scopeDraw } from '@parallax/objectives';
import { gatherBatch, type Tensor } from '@parallax/tensor';
import type { ServedEncoder, ServedHead } from '../encoders/encoder-library.ts';
import { inParts, outputOf } from './in-parts.ts';
import { type LogitsOf, type PollOptions, poll } from './poll.ts';
import { type CompiledPass, drawFeeds, type Randomness, type TracedPass, type Workbench } from './workbench.ts';

/** A batch to classify. */
export interface PredictTask extends PollOptions {
  readonly encoder: ServedEncoder;
  readonly head: ServedHead;
  /** [N,C,H,W] */
  readonly images: Tensor<'float32'>;
  readonly randomness: Randomness;
}

export interface Prediction {
  /** int64 [N]: most votes, ties to the lower index. */
  readonly classes: Tensor;
  /** [N,K]: mean over the draws made. */
  readonly logits: Tensor;
  /** int64 [N,K]: of the draws made. */
  readonly votes: Tensor;
}

/** Draws that vote on the class an image of a stochastic encoder is, unless a request says otherwise. */
const standardDraws = 20;

/** Passes to make: every pass of a deterministic encoder is the same. */
export function drawsOf({ manifest }: ServedEncoder, asked: number = standardDraws): number {
  return manifest.stochastic ? asked : 1;
}

/** Images → classes. */
export function predict(bench: Workbench, task: PredictTask, signal: AbortSignal): Promise<Prediction> {
  const { encoder, head, randomness } = task;
  return bench.usePass(
    `predict/${encoder.bundleDigest}/${head.key}`,
    () => predictPass(encoder, head),
    async (pass) => {
      const logitsOf = logitsWith(pass, task, signal);
      const results = await inParts(randomness.sampleIds.length, bench.engine.parallelism, signal, (rows) =>
        poll(bench, task, rows, logitsOf),
      );
      return {
        classes: outputOf(results, 'classes'),
        logits: outputOf(results, 'logits'),
        votes: outputOf(results, 'votes'),
      };
    },
  );
}

function logitsWith(pass: CompiledPass, { images, randomness }: PredictTask, signal: AbortSignal): LogitsOf {
  return async (rows, draw) => {
    const feeds = { images: gatherBatch(images, rows), ...drawFeeds(pass.draws, randomness, rows, draw) };
    return outputOf(await pass.executable.run(feeds, { signal }), 'logits');
  };
}

function predictPass({ manifest, traced }: ServedEncoder, { classify }: ServedHead): TracedPass {
  const images = input('images', ['N', ...manifest.inputShape]);
  const draws = createDraws();
  // The purpose of the judge in `Perturb`: of a clean image both say the same. Gradients are taken with other noise.
  const features = traced.encode(images, scopeDraw(draws.draw, 'verdict'));
  return {
    graph: createGraph([images, ...draws.inputs], { logits: classify(features) }),
    draws: draws.specs,
    negativeDraws: [],
  };
}
