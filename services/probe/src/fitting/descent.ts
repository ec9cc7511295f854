import { float32, int64, type Tensor, zeros } from '@parallax/tensor';
import { conjugateGradientsGraph } from './conjugate-gradients.ts';
import type { Heads } from './softmax-loss.ts';
import type { DesignData } from './training-data.ts';
import { floatOutput, type Workbench } from './workbench.ts';

/** Conjugate gradients under way: heads with different penalties on the same data, side by side. */
export class Descent {
  private readonly graph;
  private state: { readonly [Name in 'weights' | 'direction' | 'gradient']: Tensor<'float32'> };

  constructor(
    private readonly bench: Workbench,
    private readonly data: DesignData,
    private readonly decays: readonly number[],
  ) {
    const [, width = 0] = data.design.dims;
    const heads: Heads = { count: decays.length, classes: data.classes };
    this.graph = conjugateGradientsGraph(width, heads);
    const start = zeros('float32', [heads.count, heads.classes, width]);
    this.state = { weights: start, direction: start, gradient: start };
  }

  /** Weights of all heads on the design, [G, K, D]. */
  get weights(): Tensor<'float32'> {
    return this.state.weights;
  }

  /** Goes on for some passes over the data. */
  async advance(passes: number): Promise<void> {
    const { design, labels } = this.data;
    const decay = float32([this.decays.length], this.decays);
    const results = await this.bench.run(this.graph, {
      design,
      labels,
      decay,
      passes: int64([], [passes]),
      ...this.state,
    });
    this.state = {
      weights: floatOutput(results, 'nextWeights'),
      direction: floatOutput(results, 'nextDirection'),
      gradient: floatOutput(results, 'nextGradient'),
    };
  }
}
