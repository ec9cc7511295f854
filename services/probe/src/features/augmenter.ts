import { createGraph, input } from '@parallax/graph';
import { createDraws, fillDraws } from '@parallax/objectives';
import { weak } from '@parallax/paradigms';
import type { Engine } from '@parallax/runtime';
import { floatOutput, Workbench } from '../fitting/workbench.ts';
import type { Batch } from './feature-source.ts';

/** The paper's weak augmentation (crop and flip), drawn afresh for each sample in each epoch. */
export class Augmenter implements AsyncDisposable {
  private readonly bench: Workbench;
  private readonly draws = createDraws();
  private readonly graph;

  /** `shape` is [C, H, W]. */
  constructor(
    engine: Engine,
    shape: readonly number[],
    private readonly seed: number,
  ) {
    this.bench = new Workbench(engine);
    const images = input('images', ['N', ...shape]);
    const augmented = weak(images, this.draws.draw);
    this.graph = createGraph([images, ...this.draws.inputs], { augmented });
  }

  async augment({ images, sampleIds }: Batch, epoch: number): Promise<Batch> {
    const draws = fillDraws(this.draws.specs, { seed: this.seed, sampleIds, step: epoch });
    const results = await this.bench.run(this.graph, { images, ...draws });
    return { images: floatOutput(results, 'augmented'), sampleIds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}
