import type { Budget, Paradigm, Proportion } from '../api/messages.ts';

/** `57.0`: a proportion in percent, without the sign. */
export function percent(value: number): string {
  return (100 * value).toFixed(1);
}

/** `50.1–63.7`: an interval in percent. */
export function percentRange({ interval }: Proportion): string {
  return interval === undefined ? '' : `${percent(interval.lower)}–${percent(interval.upper)}`;
}

/** `+27.6` or `−3.1`: a difference of proportions in percentage points. */
export function points(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(1);
  if (text === '0.0') return '±0.0';
  return `${difference > 0 ? '+' : '−'}${text}`;
}

/** `8 s`, `1:24 min`, `2:03 h`: a duration, rounded. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

/** `174.9 k`, `23.5 M`: a count that need not be exact. */
export function count(value: number): string {
  if (value < 10_000) return value.toLocaleString('en');
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} k`;
  return `${(value / 1e6).toFixed(1)} M`;
}

/** `13.4`, `1,240`: units a second. */
export function rate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toPrecision(perSecond < 1 ? 2 : 3) : Math.round(perSecond).toLocaleString('en');
}

const normNames: Readonly<Record<string, string>> = {
  NORM_LINF: 'ℓ∞',
  NORM_L2: 'ℓ2',
  NORM_L1: 'ℓ1',
  NORM_L0: 'ℓ0',
};

/** `ℓ∞ ≤ 8/255`: a ball, with its radius as a multiple of 1/255 where it is one. */
export function budget({ norm, epsilon }: Budget): string {
  const levels = epsilon * 255;
  const whole = Math.round(levels);
  const exact = norm === 'NORM_LINF' && whole > 0 && Math.abs(levels - whole) < 1e-6;
  return `${normNames[norm] ?? norm} ≤ ${exact ? `${whole}/255` : Number(epsilon.toPrecision(4))}`;
}

const paradigmNames: { readonly [P in Paradigm]: readonly [string, string] } = {
  PARADIGM_UNSPECIFIED: ['–', 'unknown paradigm'],
  PARADIGM_SL: ['SL', 'supervised'],
  PARADIGM_CL: ['CL', 'contrastive'],
  PARADIGM_MIM: ['MIM', 'masked images'],
  PARADIGM_DM: ['DM', 'diffusion'],
};

/** `SL`: the abbreviation of a paradigm. */
export function paradigmCode(paradigm: Paradigm): string {
  return paradigmNames[paradigm][0];
}

/** `supervised`: a paradigm in words. */
export function paradigmName(paradigm: Paradigm): string {
  return paradigmNames[paradigm][1];
}
