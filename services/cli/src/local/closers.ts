/** Things to be closed, the last opened first. */
export interface Closers {
  /** Notes how to close something. */
  add(close: () => Promise<unknown>): void;
  /** Closes everything, also when some of it fails; then throws the first failure. */
  closeAll(): Promise<void>;
}

/** Creates an empty list of things to be closed. */
export function createClosers(): Closers {
  const closers: (() => Promise<unknown>)[] = [];
  return {
    add: (close) => closers.push(close),
    async closeAll() {
      const failures: unknown[] = [];
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        await close().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
