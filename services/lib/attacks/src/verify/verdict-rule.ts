/**
 * How the verdict draws of a stochastic encoder add up to one class. `majority`: most votes, the rule. `anyDraw`: one draw
 * that breaks is enough, which is biased against stochastic encoders and here to compare with published numbers.
 */
export type VerdictRule = 'majority' | 'anyDraw';

/** How many draws said which class. */
export type Votes = ReadonlyMap<number, number>;

/** One vote a draw → votes by class. */
export function countVotes(predictions: readonly number[]): Votes {
  const votes = new Map<number, number>();
  for (const prediction of predictions) votes.set(prediction, (votes.get(prediction) ?? 0) + 1);
  return votes;
}

/** The class with most votes, the lowest of several. @throws RangeError when nobody has voted. */
export function mostVotes(votes: Votes): number {
  if (votes.size === 0) throw new RangeError('votes: expected at least one, got none');
  const most = Math.max(...votes.values());
  return Math.min(...[...votes].filter(([, count]) => count === most).map(([each]) => each));
}

/** The class that the draws agree on under a rule; `breaks` says which classes break the sample. */
export function decide(votes: Votes, rule: VerdictRule, breaks: (prediction: number) => boolean): number {
  if (rule === 'majority') return mostVotes(votes);
  const breaking = new Map([...votes].filter(([prediction]) => breaks(prediction)));
  return mostVotes(breaking.size > 0 ? breaking : votes);
}
