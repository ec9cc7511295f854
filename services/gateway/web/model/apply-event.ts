import type { Experiment, ExperimentEvent, ExperimentResult } from '../api/messages.ts';

const nothingKnown: ExperimentResult = {
  encoders: [],
  attacks: [],
  cells: [],
  strips: [],
  timings: [],
  attackSamples: 0,
  sampleSetDigest: '',
};

/** The experiment after an event: what GetExperiment would return. Undefined before the first snapshot. */
export function applyEvent(before: Experiment | undefined, event: ExperimentEvent): Experiment | undefined {
  if (event.event === 'snapshot') return event.data;
  if (before === undefined) return undefined;
  if (event.event === 'progress') return { ...before, progress: event.data };
  return { ...before, result: extend(before.result ?? nothingKnown, event) };
}

function extend(
  result: ExperimentResult,
  event: Exclude<ExperimentEvent, { event: 'snapshot' | 'progress' }>,
): ExperimentResult {
  switch (event.event) {
    case 'encoder':
      return { ...result, encoders: replace(result.encoders, event.data, ({ name }) => name) };
    case 'rawPixels':
      return { ...result, rawPixels: event.data };
    case 'attack':
      return { ...result, attacks: replace(result.attacks, event.data, (one) => `${one.attack}\n${one.encoder}`) };
    case 'cell':
      return {
        ...result,
        cells: replace(result.cells, event.data, (one) => `${one.attack}\n${one.source}\n${one.target}`),
      };
    case 'strip':
      return { ...result, strips: replace(result.strips, event.data, (one) => `${one.attack}\n${one.source}`) };
  }
}

/** The list with the entry of the same key replaced, or the new one at the end. */
function replace<T>(list: readonly T[], entry: T, key: (entry: T) => string): readonly T[] {
  const index = list.findIndex((one) => key(one) === key(entry));
  return index < 0 ? [...list, entry] : list.with(index, entry);
}
