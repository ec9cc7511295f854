import type { Results } from '@parallax/runtime';
import { batchSize, concatBatch, gatherBatch, type Tensor, toNumbers } from '@parallax/tensor';
import { outputOf } from './in-parts.ts';
import { tally } from './over-draws.ts';
import type { Workbench } from './workbench.ts';

/** How an encoder is asked, again and again, what images are. */
export interface PollOptions {
  /** Independent passes that vote. */
  readonly draws: number;
  /** Makes no more passes for an image whose class they could not change. */
  readonly stopWhenDecided?: boolean;
}

/** Logits [N,K] of these rows of a batch, with the noise of this draw. */
export type LogitsOf = (rows: readonly number[], draw: number) => Promise<Tensor>;

/** Lets the draws vote on some rows, in rounds; a row whose class is decided sits the later ones out. */
export async function poll(
  bench: Workbench,
  { draws, stopWhenDecided = false }: PollOptions,
  rows: readonly number[],
  logitsOf: LogitsOf,
): Promise<Results> {
  const round = async (open: readonly number[], before: readonly Tensor[]): Promise<Results> => {
    const until = stopWhenDecided ? endOfRound(before.length, draws) : draws;
    const perDraw = [...before];
    for (let draw = before.length; draw < until; draw++) perDraw.push(await logitsOf(open, draw));
    const counted = await tally(bench, perDraw);
    const left = undecided(outputOf(counted, 'votes'), draws - until);
    if (left.length === 0) return counted;
    // A row may be there twice, where it is alone: onnxruntime rounds a single row unlike others.
    const places = left.length === 1 ? [...left, ...left] : left;
    const later = await round(
      places.map((place) => open[place] ?? 0),
      perDraw.map((logits) => gatherBatch(logits, places)),
    );
    return withRows(counted, left, later);
  };
  return round(rows, []);
}

/** The first round may decide, by a bare majority; each of the others halves what is left. */
function endOfRound(made: number, draws: number): number {
  return Math.max(Math.floor(draws / 2) + 1, made + Math.ceil((draws - made) / 2));
}

/** Rows of votes [N,K] in which the first could still be caught up with by `left` more draws. */
function undecided(votes: Tensor, left: number): readonly number[] {
  if (left === 0) return [];
  return rowsOf(votes).flatMap((row, index) => {
    const [first = 0, second = 0] = row.toSorted((a, b) => b - a);
    return first - second > left ? [] : [index];
  });
}

function rowsOf(votes: Tensor): readonly (readonly number[])[] {
  const [count = 0, classes = 0] = votes.dims;
  const numbers = toNumbers(votes);
  return Array.from({ length: count }, (_, row) => numbers.slice(row * classes, (row + 1) * classes));
}

/** `results`, but at `places` the rows of `others`, which has one for each of them or more. */
function withRows(results: Results, places: readonly number[], others: Results): Results {
  const entries = Object.entries(results).map(([name, tensor]) => {
    const order = Array.from({ length: batchSize(tensor) }, (_, row) => row);
    for (const [index, place] of places.entries()) order[place] = batchSize(tensor) + index;
    return [name, gatherBatch(concatBatch([tensor, outputOf(others, name)]), order)];
  });
  return Object.fromEntries(entries);
}
