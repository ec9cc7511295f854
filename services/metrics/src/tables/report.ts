import type { Interval } from '@parallax/proto/parallax/common/v1/interval';

/** What a cell of a table for people shows. */
export type Cell =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  /** A share, shown in per cent with its interval. */
  | { readonly kind: 'share'; readonly value: number; readonly interval: Interval | undefined }
  | { readonly kind: 'nothing' };

/** A table for people. */
export interface Table {
  readonly caption: string;
  readonly header: readonly string[];
  /** As many cells as the header has entries. */
  readonly rows: readonly (readonly Cell[])[];
}

/** One row for programs: flat, the same keys in every row of a report. */
export type ReportRecord = Readonly<Record<string, string | number | null>>;

/** Something to be exported, in the form people read and in the form programs read. */
export interface Report {
  /** Such as `transfer-matrix`. */
  readonly name: string;
  readonly tables: readonly Table[];
  /** The keys of every record, in order. */
  readonly fields: readonly string[];
  readonly records: readonly ReportRecord[];
}

export function text(value: string): Cell {
  return { kind: 'text', text: value };
}

/** A cell of a real number; nothing when there is none. */
export function number(value: number | undefined): Cell {
  return value === undefined ? { kind: 'nothing' } : { kind: 'number', value };
}

/** A cell of a proportion or ratio with its interval; nothing when there is none, or nothing was measured. */
export function share(
  measured: { readonly value: number; readonly interval: Interval | undefined; readonly trials?: number } | undefined,
): Cell {
  if (measured === undefined || measured.trials === 0) return { kind: 'nothing' };
  return { kind: 'share', value: measured.value, interval: measured.interval };
}
