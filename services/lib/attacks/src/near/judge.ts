import { type Tensor, toNumbers } from '@parallax/tensor';
import { countVotes, mostVotes } from '../verify/verdict-rule.ts';
import type { Finding } from './ledger.ts';
import type { StageRunner } from './stage-runner.ts';

/**
 * Loss and class of images over several draws: the mean loss, and the class with most votes, ties to the lower class.
 */
export async function judge(
  runner: StageRunner,
  samples: readonly number[],
  images: Tensor,
  draws: number,
): Promise<readonly Finding[]> {
  const losses: number[][] = [];
  const votes: number[][] = [];
  for (let draw = 0; draw < draws; draw++) {
    const { loss, prediction } = await runner.evaluate(samples, images, draw);
    losses.push(loss === undefined ? [] : toNumbers(loss));
    if (prediction !== undefined) votes.push(toNumbers(prediction));
  }
  return samples.map((_, row) => ({
    loss: losses.reduce((sum, each) => sum + (each[row] ?? Number.NaN), 0) / draws,
    ...(votes.length === 0 ? {} : { prediction: mostVotes(countVotes(votes.map((each) => each[row] ?? 0))) }),
  }));
}
