import type { OurResult } from './ours.ts';

/** One run of the public implementation on the first `n` images; flags are 1 where the class is right. */
export interface ReferenceRun {
  readonly norm: string;
  readonly eps: string | number;
  readonly n: number;
  readonly clean_flags: readonly number[];
  readonly stages: readonly {
    readonly attack: string;
    readonly robust_after: number;
    readonly robust_flags: readonly number[];
  }[];
}

export interface Reference {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly runs: readonly ReferenceRun[];
}

export interface Comparison {
  readonly text: string;
  /** Images that we break and the others do not, and the other way round. */
  readonly onlyOurs: readonly number[];
  readonly onlyTheirs: readonly number[];
  /** The same clean predictions, and robust counts that differ by at most one. */
  readonly agrees: boolean;
}

/** @param name what the verdicts compared with are those of */
export function compareVerdicts(
  ours: OurResult,
  { clean_flags: clean, stages }: Pick<ReferenceRun, 'clean_flags' | 'stages'>,
  name: string,
): Comparison {
  const theirs = stages.at(-1)?.robust_flags ?? clean;
  const indices = [...ours.robust.keys()];
  const onlyOurs = indices.filter((index) => theirs[index] === 1 && ours.robust[index] === 0);
  const onlyTheirs = indices.filter((index) => theirs[index] === 0 && ours.robust[index] === 1);
  const [our, their] = [ours.robust, theirs].map((flags) => flags.reduce((sum, flag) => sum + flag, 0)) as [
    number,
    number,
  ];
  const sameClean = indices.every((index) => clean[index] === ours.clean[index]);
  const byStage = ours.stages
    .map(({ attack, robust, seconds }) => `${attack} ${robust} (${seconds.toFixed(1)} s)`)
    .join(', ');
  return {
    text: `robust ${our}, ${name} ${their}; by stage ${byStage}${listed('broken by us alone', onlyOurs)}${listed(`by the ${name} alone`, onlyTheirs)}${sameClean ? '' : '; clean predictions differ'}`,
    onlyOurs,
    onlyTheirs,
    agrees: sameClean && Math.abs(our - their) <= 1,
  };
}

function listed(what: string, indices: readonly number[]): string {
  return indices.length === 0 ? '' : `; ${what}: ${indices.join(' ')}`;
}
