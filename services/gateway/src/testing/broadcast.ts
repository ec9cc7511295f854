/** Values pushed by one side, read by any number of others, each from the moment it began. */
export class Broadcast<T> {
  private readonly readers = new Set<(value: T) => void>();

  /** Readers at the moment. */
  get readerCount(): number {
    return this.readers.size;
  }

  push(value: T): void {
    for (const reader of this.readers) reader(value);
  }

  /** Reads from now on, until aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const waiting: T[] = [];
    let wake = () => {};
    const reader = (value: T) => {
      waiting.push(value);
      wake();
    };
    const stop = () => wake();
    this.readers.add(reader);
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        yield* waiting.splice(0);
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || signal.aborted) resolve();
        });
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.readers.delete(reader);
    }
  }
}
