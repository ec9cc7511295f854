import { type Tensor, toNumbers } from '@parallax/tensor';
import { countVotes, type Votes } from '../verify/verdict-rule.ts';
import type { Finding } from './ledger.ts';
import type { Runner } from './runner.ts';

/** How images are judged. */
export interface Jury {
  readonly draws: number;
  /** The class that the draws of a sample agree on, given the votes of each head. */
  readonly decide: (sample: number, heads: readonly Votes[]) => number;
}

/** Loss and class of images over several draws: the mean loss, and the class that is decided on. */
export async function judge(
  runner: Runner,
  samples: readonly number[],
  images: Tensor,
  { draws, decide }: Jury,
): Promise<readonly Finding[]> {
  const losses: number[][] = [];
  /** [draw][row][head] */
  const verdicts: (readonly (readonly number[])[])[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const { loss, prediction, verdicts: ofHeads = prediction } = await runner.evaluate(samples, images, draw);
    losses.push(loss === undefined ? [] : toNumbers(loss));
    if (ofHeads !== undefined) verdicts.push(rowsIn(ofHeads));
  }
  return samples.map((sample, row) => ({
    loss: losses.reduce((sum, each) => sum + (each[row] ?? Number.NaN), 0) / draws,
    ...(verdicts.length > 0 && {
      prediction: decide(sample, votesOf(verdicts.map((each) => each[row] ?? []))),
    }),
  }));
}

/** The rows of a tensor [N] or [N,S]. */
function rowsIn(tensor: Tensor): readonly (readonly number[])[] {
  const [rows = 0, columns = 1] = tensor.dims;
  const numbers = toNumbers(tensor);
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * columns, (row + 1) * columns));
}

/** What each head says of one image, draw by draw → its votes. */
function votesOf(draws: readonly (readonly number[])[]): readonly Votes[] {
  const heads = draws[0]?.length ?? 0;
  return Array.from({ length: heads }, (_, head) => countVotes(draws.map((draw) => draw[head] ?? 0)));
}
