import { GraphError, importModel } from '@parallax/graph';

/** What became of one file. Everything but the first two is a defect. */
export type Outcome = 'accepted' | 'refused' | 'crashed' | 'hung';

export interface Tried {
  readonly outcome: Outcome;
  readonly milliseconds: number;
  readonly message: string;
}

/** A refusal in these words was not foreseen: some code met what it should have been spared. */
const unforeseen =
  /Cannot read prop|is not a function|is not iterable|Maximum call stack|Invalid array length|undefined/;

/** Limits that keep thousands of files fast; the defaults differ only in numbers. */
const limits = { constantElements: 2 ** 20, nodes: 20_000 };

/** Imports a file and says how it went. Time is for the caller to bound. */
export function tryImport(bytes: Uint8Array): Tried {
  const started = performance.now();
  const tried = (outcome: Outcome, message: string): Tried => ({
    outcome,
    message,
    milliseconds: performance.now() - started,
  });
  try {
    importModel(bytes, { limits });
    return tried('accepted', '');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return tried(error instanceof GraphError && !unforeseen.test(message) ? 'refused' : 'crashed', message);
  }
}
