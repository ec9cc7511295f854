import type { Connection } from '../api/follow.ts';
import type { Experiment, FeatureMeasure } from '../api/messages.ts';

/** Place of a cell in the matrix; row `clean` is the accuracy on clean images. */
export interface CellPlace {
  readonly row: number | 'clean';
  readonly column: number;
}

/** What the person at the page has chosen; undefined means the first that there is. */
export interface Selection {
  readonly attack: string | undefined;
  readonly source: string | undefined;
  readonly cell: CellPlace | undefined;
}

/** Everything the page shows. */
export interface PageState {
  /** Whether the list of experiments has been read, and so an empty one means that there are none. */
  readonly loaded: boolean;
  /** Experiments to choose from, newest first. */
  readonly experiments: readonly Experiment[];
  /** Id of the experiment wanted; undefined before any is known. */
  readonly wanted: string | undefined;
  /** The experiment, once heard of. */
  readonly experiment: Experiment | undefined;
  readonly connection: Connection;
  /** What does not answer, in a sentence. */
  readonly problem: string | undefined;
  /** What the aggregator makes of the measurements so far. */
  readonly usefulness: readonly FeatureMeasure[];
  readonly robustness: readonly FeatureMeasure[];
  readonly selection: Selection;
}

/** What the person at the page can do. */
export interface Actions {
  readonly select: (selection: Partial<Selection>) => void;
  readonly open: (experiment: string) => void;
  readonly cancel: () => void;
}

/** The page before anything is known. */
export const emptyPage: PageState = {
  loaded: false,
  experiments: [],
  wanted: undefined,
  experiment: undefined,
  connection: 'connecting',
  problem: undefined,
  usefulness: [],
  robustness: [],
  selection: { attack: undefined, source: undefined, cell: undefined },
};
