import type { NormName, SampleRecord } from '@parallax/attacks';
import { proportion } from '@parallax/statistics';

/** A measured share from `x` on, until the next point, with the ends of its interval. */
export interface CurvePoint {
  readonly x: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** A stage of an attack on the axis of steps: where it begins. */
export interface StageMark {
  readonly name: string;
  readonly x: number;
}

/** Robust accuracy over something that only ever takes away from it. */
export interface AccuracyCurve {
  readonly points: readonly CurvePoint[];
  readonly end: number;
}

/** Accuracy on the clean images, then after each of the events: places at which one sample is lost, in any order. */
function curveOf(records: readonly SampleRecord[], events: readonly number[], end: number): AccuracyCurve {
  const right = records.filter(({ cleanCorrect }) => cleanCorrect).length;
  const at = (x: number): CurvePoint => {
    const lost = events.filter((event) => event <= x).length;
    const { value, interval } = proportion(right - lost, records.length);
    return { x, value, lower: interval.lower, upper: interval.upper };
  };
  const clean = proportion(right, records.length);
  const start = { x: 0, value: clean.value, lower: clean.interval.lower, upper: clean.interval.upper };
  const places = [...new Set(events)].sort((a, b) => a - b);
  return { points: [start, ...places.map(at)], end };
}

/**
 * Robust accuracy over the steps of an attack; of a cascade, over those of its stages one after the other. Steps count from
 * the start of each restart, and starts lie over each other. The axis of a stage ends with the last step that broke a sample.
 */
export function accuracyOverSteps(
  records: readonly SampleRecord[],
  stages: readonly string[],
): AccuracyCurve & { readonly stages: readonly StageMark[] } {
  const broken = records.filter(({ brokenAtStep }) => brokenAtStep !== undefined);
  const marks: StageMark[] = [];
  const events: number[] = [];
  let x = 0;
  for (const name of new Set(stages)) {
    const steps = broken.filter(({ brokenBy }) => brokenBy === name).map(({ brokenAtStep = 0 }) => brokenAtStep);
    const start = x;
    marks.push({ name, x: start });
    events.push(...steps.map((step) => start + step));
    x += Math.max(1, ...steps);
  }
  return { ...curveOf(records, events, x), stages: marks };
}

/** Share of the images that are right clean and have no image found to break them as near as a radius, over the radius. */
export function accuracyOverDistance(records: readonly SampleRecord[], norm: NormName): AccuracyCurve {
  const distances = records
    .filter(({ cleanCorrect, robust }) => cleanCorrect && !robust)
    .map((record) => record[norm])
    .filter(Number.isFinite);
  return curveOf(records, distances, 1.05 * Math.max(...distances, Number.MIN_VALUE));
}
