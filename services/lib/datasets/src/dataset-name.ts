import { InputError } from '@parallax/config';

/** A dataset's name taken apart: `cifar10:test:0-200`. */
export interface DatasetName {
  /** Where the images come from: `cifar10`, `shapes`, `artifact`. */
  readonly source: string;
  /** The split; of an artifact its digest. */
  readonly split: string | undefined;
  /** The images `from` (included) to `to` (excluded) of the split; all of them when absent. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

const grammar = /^(?<source>[^:]+)(?::(?<split>[^:]+)(?::(?<from>\d+)-(?<to>\d+))?)?$/;

/** @throws InputError when the text is not SOURCE[:SPLIT[:FROM-TO]], or the range is empty. */
export function parseDatasetName(text: string): DatasetName {
  const groups = grammar.exec(text)?.groups;
  if (!groups) throw badName('SOURCE:SPLIT or SOURCE:SPLIT:FROM-TO, such as cifar10:test:0-200', text);
  const { source = '', split, from, to } = groups;
  if (from === undefined || to === undefined) return { source, split, range: undefined };
  const range = { from: Number(from), to: Number(to) };
  if (range.from >= range.to) throw badName('a range FROM-TO with FROM < TO', text);
  return { source, split, range };
}

/** The inverse of {@link parseDatasetName}. */
export function formatDatasetName({ source, split, range }: DatasetName): string {
  const parts = [source, split, range && `${range.from}-${range.to}`];
  return parts.filter((part) => part !== undefined).join(':');
}

/** An error about the name of a dataset. */
export function badName(expected: string, got: string): InputError {
  return new InputError([{ field: 'dataset', expected, got: `"${got}"` }]);
}
