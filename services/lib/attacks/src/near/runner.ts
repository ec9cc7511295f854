import type { Tensor } from '@parallax/tensor';
import type { Rows } from './part-runner.ts';
import type { NearProgram } from './program.ts';

/** What the driver must know of an attack that is placed, wherever its looks come from. */
export type PlacedAttack = Pick<
  NearProgram,
  'attack' | 'selection' | 'goal' | 'dims' | 'stochastic' | 'targets' | 'starts' | 'start' | 'cost'
>;

/**
 * Runs the stages of a placed attack for some of the samples of a batch. What comes out for one sample does not depend on the
 * others.
 */
export interface Runner {
  /** Samples that are worked on at the same time. */
  readonly capacity: number;
  /** Fixes what each start aims at: for every sample of the batch classes, the first for the first start, and so on. */
  aimAt(ranking: readonly (readonly number[])[]): void;
  /**
   * Loss and, with a judge, prediction of images, one for each of `samples`, with the verdict draw of this index; where the
   * attack chooses targets, also `ranking` int64 [N,T]; where several heads judge, also `verdicts` int64 [N,S].
   */
  evaluate(samples: readonly number[], images: Tensor, draw: number): Promise<Rows>;
  /** The state before the first step. */
  start(samples: readonly number[], restart: number): Promise<Rows>;
  /** The state after step `to - 1`, given that before step `from`. `passed` hears of every few steps made. */
  advance(
    samples: readonly number[],
    state: Rows,
    range: { readonly from: number; readonly to: number; readonly restart: number },
    passed: (step: number, state: Rows) => void,
  ): Promise<Rows>;
  /** `images`, `loss`, `prediction` and, unless in selection transfer, `broken*`, given the state after the last step. */
  finish(samples: readonly number[], state: Rows, restart: number): Promise<Rows>;
}
