import { createGraph, type Graph, input } from '@parallax/graph';
import { gatherBatch, permutation, toNumbers } from '@parallax/tensor';
import { Descent } from './descent.ts';
import type { ConjugateGradientsRecipe } from './recipe.ts';
import { dataInputs, type Heads, logitsOf, meanCrossEntropy, targetsOf } from './softmax-loss.ts';
import type { DesignData, OnProgress } from './training-data.ts';
import { output, type Workbench } from './workbench.ts';

/** What conjugate gradients still need to know. */
export interface Settings {
  readonly weightDecay: number;
  readonly epochs: number;
}

/** Penalties tried. Raw pixels want about 1, good features a hundredth of that or less. */
const candidates = [1e-4, 1e-3, 1e-2, 0.1, 1];
/** One image in so many is held out. */
const heldOutShare = 5;
/** Passes between two looks at the held-out images. */
export const passesAtOnce = 10;
const mostPasses = 400;
/** The search ends when the best held-out loss has not fallen by this share … */
const leastGain = 0.005;
/** … within so many looks. */
const patience = 3;

/**
 * Fills in what a recipe leaves open by the mean cross-entropy on a fifth of the training images, held out at random:
 * all penalties are tried side by side, and both penalty and number of passes are those of the least loss seen.
 */
export async function chooseSettings(
  bench: Workbench,
  data: DesignData,
  recipe: ConjugateGradientsRecipe,
  { seed, onProgress }: { readonly seed: number; readonly onProgress: OnProgress },
): Promise<Settings> {
  const { weightDecay, epochs } = recipe;
  if (weightDecay !== null && epochs !== null) return { weightDecay, epochs };
  const decays = weightDecay === null ? candidates : [weightDecay];
  const { fitted, heldOut } = split(data, seed);
  const descent = new Descent(bench, fitted, decays);
  const judge = heldOutGraph(data, decays.length);
  const record = new LossRecord();
  const most = epochs ?? mostPasses;
  for (let done = 0; done < most && (epochs !== null || record.isFalling(done)); ) {
    const passes = Math.min(passesAtOnce, most - done);
    await descent.advance(passes);
    done += passes;
    const { design, labels } = heldOut;
    const results = await bench.run(judge, { design, labels, weights: descent.weights });
    record.note(done, toNumbers(output(results, 'loss')), epochs);
    onProgress({ stage: 'choose', done, total: epochs ?? 0 });
  }
  return { weightDecay: decays[record.candidate] ?? 0, epochs: record.passes };
}

/** The least loss seen, and where. */
class LossRecord {
  candidate = 0;
  passes = passesAtOnce;
  private least = Number.POSITIVE_INFINITY;
  private reference = { loss: Number.POSITIVE_INFINITY, passes: 0 };

  /** `fixed`: the number of passes is given, so only the losses after the last of them count. */
  note(done: number, losses: readonly number[], fixed: number | null): void {
    const loss = Math.min(...losses);
    if (loss < this.reference.loss * (1 - leastGain)) this.reference = { loss, passes: done };
    if (loss >= this.least && fixed === null) return;
    this.least = loss;
    this.candidate = losses.indexOf(loss);
    this.passes = done;
  }

  /** Whether the loss has fallen noticeably within the last looks. */
  isFalling(done: number): boolean {
    return done - this.reference.passes < patience * passesAtOnce;
  }
}

function split({ design, labels, classes }: DesignData, seed: number) {
  const count = labels.data.length;
  const order = [...permutation({ seed, purpose: 'probe.held-out' }, count)];
  const heldOut = Math.max(1, Math.floor(count / heldOutShare));
  const part = (rows: readonly number[]): DesignData => ({
    design: gatherBatch(design, rows),
    labels: gatherBatch(labels, rows),
    classes,
  });
  return { heldOut: part(order.slice(0, heldOut)), fitted: part(order.slice(heldOut)) };
}

/** Inputs `design`, `labels`, `weights` [G, K, D]; output `loss` [G]. */
function heldOutGraph({ design, classes }: DesignData, count: number): Graph {
  const [, width = 0] = design.dims;
  const heads: Heads = { count, classes };
  const data = dataInputs(width);
  const weights = input('weights', [count, classes, width]);
  const loss = meanCrossEntropy(logitsOf(data.design, weights, heads), targetsOf(data.labels, heads));
  return createGraph([data.design, data.labels, weights], { loss });
}
