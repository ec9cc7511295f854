/** Messages that are put in one by one and leave as a stream. */
export class Outbox<T> {
  readonly #waiting: T[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  put(message: T): void {
    this.#waiting.push(message);
    this.#wake();
  }

  /** Ends the stream, once what waits has left. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *messages(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const [next] = this.#waiting.splice(0, 1);
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
