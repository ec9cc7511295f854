/** Wakes one waiter. A ring that nobody waits for is kept for the next wait, so none is lost between looking and waiting. */
export class Doorbell {
  private rung = false;
  private wake: () => void = () => undefined;

  ring(): void {
    this.rung = true;
    this.wake();
  }

  /** Resolves at a ring, after `timeoutMs`, or when the signal aborts, whichever comes first. */
  async wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (!this.rung && !signal?.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const { wake } = this;
      const timer = setTimeout(wake, timeoutMs);
      signal?.addEventListener('abort', wake);
      await woken;
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
    }
    this.rung = false;
  }
}
