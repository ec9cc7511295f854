import { type Attributes, metrics } from '@opentelemetry/api';

/** A sum that only grows. */
export interface Counter {
  /** Adds an amount ≥ 0. */
  add(amount: number, attributes?: Attributes): void;
}

/** A distribution of values. */
export interface Histogram {
  /** Adds one value. */
  record(value: number, attributes?: Attributes): void;
}

/** Creates a counter. `unit` is a UCUM code, such as `By`, `s` or `{image}`. */
export function createCounter(name: string, unit: string, description: string): Counter {
  const instrument = onFirstUse(() => metrics.getMeter('parallax').createCounter(name, { unit, description }));
  return { add: (amount, attributes) => instrument().add(amount, attributes) };
}

/** Creates a histogram. `unit` is a UCUM code. */
export function createHistogram(name: string, unit: string, description: string): Histogram {
  const instrument = onFirstUse(() => metrics.getMeter('parallax').createHistogram(name, { unit, description }));
  return { record: (value, attributes) => instrument().record(value, attributes) };
}

/** Instruments made before the SDK starts would stay without effect, and modules make theirs when they are loaded. */
function onFirstUse<T>(create: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= create();
    return made;
  };
}
