import { type Tensor, toNumbers } from '@parallax/tensor';
import { countVotes, type Votes } from '../verify/verdict-rule.ts';
import type { Finding } from './ledger.ts';
import type { Runner } from './runner.ts';

/** How images are judged. */
export interface Jury {
  readonly draws: number;
  /** The class that the draws of a sample agree on. */
  readonly decide: (sample: number, votes: Votes) => number;
}

/** Loss and class of images over several draws: the mean loss, and the class that is decided on. */
export async function judge(
  runner: Runner,
  samples: readonly number[],
  images: Tensor,
  { draws, decide }: Jury,
): Promise<readonly Finding[]> {
  const losses: number[][] = [];
  const votes: number[][] = [];
  for (let draw = 0; draw < draws; draw++) {
    const { loss, prediction } = await runner.evaluate(samples, images, draw);
    losses.push(loss === undefined ? [] : toNumbers(loss));
    if (prediction !== undefined) votes.push(toNumbers(prediction));
  }
  return samples.map((sample, row) => ({
    loss: losses.reduce((sum, each) => sum + (each[row] ?? Number.NaN), 0) / draws,
    ...(votes.length > 0 && { prediction: decide(sample, countVotes(votes.map((each) => each[row] ?? 0))) }),
  }));
}
