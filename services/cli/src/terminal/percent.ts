import type { Proportion } from '@parallax/proto/parallax/common/v1/interval';

/** A share in per cent with one digit after the point: `12.5 %`. */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A measured share with its interval: `12.5 % [8.6, 17.8]`; a dash where nothing was measured. */
export function formatProportion(proportion: Proportion | undefined): string {
  if (proportion === undefined || proportion.trials === 0) return '–';
  const { value, interval } = proportion;
  if (interval === undefined) return formatPercent(value);
  return `${formatPercent(value)} [${(100 * interval.lower).toFixed(1)}, ${(100 * interval.upper).toFixed(1)}]`;
}
