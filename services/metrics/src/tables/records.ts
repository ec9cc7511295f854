import type { Budget } from '@parallax/proto/parallax/common/v1/budget';
import type { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Interval, Proportion } from '@parallax/proto/parallax/common/v1/interval';
import { normNameOf, paradigmNameOf } from '../measurements/names.ts';
import type { ReportRecord } from './report.ts';

/** A ball as fields of a record. */
export function budgetFields(budget: Budget | undefined): ReportRecord {
  return { norm: (budget && normNameOf(budget.norm)) ?? '', epsilon: budget?.epsilon ?? null };
}

/** A proportion as fields of a record: value, interval, counts; all null when nothing was measured. */
export function proportionFields(name: string, measured: Proportion | undefined): ReportRecord {
  const known = measured && measured.trials > 0 ? measured : undefined;
  return {
    ...estimateFields(name, known?.value, known?.interval),
    [`${name}_successes`]: known?.successes ?? null,
    [`${name}_trials`]: known?.trials ?? null,
  };
}

/** An estimate as fields of a record: value and interval. */
export function estimateFields(name: string, value: number | undefined, interval: Interval | undefined): ReportRecord {
  return {
    [name]: value ?? null,
    [`${name}_lower`]: interval?.lower ?? null,
    [`${name}_upper`]: interval?.upper ?? null,
  };
}

/** A paradigm as it is written in tables; empty when unspecified. */
export function paradigmText(paradigm: Paradigm): string {
  return paradigmNameOf(paradigm) ?? '';
}
