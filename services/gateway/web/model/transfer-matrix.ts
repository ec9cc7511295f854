import type { CellOutcome, Experiment, Paradigm, Proportion } from '../api/messages.ts';

/** An encoder as a row and a column. */
export interface MatrixEncoder {
  readonly name: string;
  readonly paradigm: Paradigm;
}

/** Who falls for whose adversarial examples, under one attack. What is not measured yet is undefined. */
export interface TransferMatrix {
  readonly attack: string;
  readonly encoders: readonly MatrixEncoder[];
  /** Right end of the scale, the same for all attacks: above every interval, at a multiple of ten percent. */
  readonly scale: number;
  /** Accuracy of each encoder on the clean images. */
  readonly clean: readonly (Proportion | undefined)[];
  /** Row r, column c: accuracy of encoder c on examples found on encoder r. */
  readonly rows: readonly (readonly (Proportion | undefined)[])[];
}

/** The encoders of an experiment in the plan's order, each with its paradigm, planned or known. */
export function encodersOf({ plan, result }: Experiment): readonly MatrixEncoder[] {
  const known = new Map(result?.encoders.map(({ name, paradigm }) => [name, paradigm]));
  return plan.encoders.map(({ name, training, existing }) => ({
    name,
    paradigm: known.get(name) ?? training?.paradigm ?? existing?.paradigm ?? 'PARADIGM_UNSPECIFIED',
  }));
}

/** The matrix of one attack as far as it is known. */
export function transferMatrix(experiment: Experiment, attack: string): TransferMatrix {
  const { result } = experiment;
  const cells = new Map(result?.cells.map((cell) => [key(cell.attack, cell.source, cell.target), cell.accuracy]));
  const encoders = encodersOf(experiment);
  return {
    attack,
    encoders,
    scale: scaleOf(result?.cells ?? []),
    clean: encoders.map((target) => cells.get(key('', '', target.name))),
    rows: encoders.map((source) => encoders.map((target) => cells.get(key(attack, source.name, target.name)))),
  };
}

function scaleOf(cells: readonly CellOutcome[]): number {
  const most = Math.max(0, ...cells.map(({ accuracy }) => accuracy?.interval?.upper ?? 0));
  return most === 0 ? 1 : Math.min(Math.ceil(most * 10) / 10, 1);
}

/** Mean accuracies that sum a matrix up; each is undefined until all its cells are there. */
export interface MatrixMeans {
  readonly clean: number | undefined;
  /** On examples found on other encoders. */
  readonly transferred: number | undefined;
  /** On examples found on the encoder itself. */
  readonly own: number | undefined;
}

/** Sums a matrix up. */
export function meansOf({ clean, rows }: TransferMatrix): MatrixMeans {
  const own = rows.map((row, index) => row[index]);
  const transferred = rows.flatMap((row, index) => row.filter((_, column) => column !== index));
  return { clean: mean(clean), transferred: mean(transferred), own: mean(own) };
}

function mean(proportions: readonly (Proportion | undefined)[]): number | undefined {
  const known = proportions.filter((proportion) => proportion !== undefined);
  if (known.length === 0 || known.length < proportions.length) return undefined;
  return known.reduce((sum, { value }) => sum + value, 0) / known.length;
}

function key(...names: readonly string[]): string {
  return names.join('\n');
}
