import type { ProgressReport, RunProgress } from './run.ts';

/** Rates are taken over this stretch: long enough to be steady, short enough to follow a change of pace. */
const windowMs = 10_000;
/** No rate is given before the stage has run this long. */
const leastMs = 500;

/** Adds rate and remaining time to reports, from the reports of the same stage before. `now` is in milliseconds. */
export function createProgressMeter(
  now: () => number = () => performance.now(),
): (report: ProgressReport) => RunProgress {
  let stage: string | undefined;
  let history: { readonly time: number; readonly done: number }[] = [];
  return (report) => {
    const time = now();
    if (report.stage !== stage || report.done < (history.at(-1)?.done ?? 0)) history = [];
    stage = report.stage;
    history.push({ time, done: report.done });
    // The oldest point kept is the last one outside of the window.
    const inside = history.findIndex((point) => point.time >= time - windowMs);
    history = history.slice(Math.max(0, inside - 1));
    return { ...report, ...pace(report, history) };
  };
}

function pace(
  report: ProgressReport,
  history: readonly { readonly time: number; readonly done: number }[],
): Pick<RunProgress, 'rate' | 'remainingSeconds'> {
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined || last.time - first.time < leastMs) {
    return { rate: null, remainingSeconds: null };
  }
  const rate = ((last.done - first.done) / (last.time - first.time)) * 1000;
  const left = report.total - report.done;
  return { rate, remainingSeconds: report.total > 0 && rate > 0 ? left / rate : null };
}
