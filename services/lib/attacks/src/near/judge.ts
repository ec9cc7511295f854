import { type Tensor, toNumbers } from '@parallax/tensor';
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
    ...(votes.length === 0 ? {} : { prediction: mostVotes(votes.map((each) => each[row] ?? 0)) }),
  }));
}

/** The most frequent class, the lowest of several. */
export function mostVotes(votes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return Math.min(...[...counts].filter(([, count]) => count === most).map(([vote]) => vote));
}
