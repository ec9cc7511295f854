import { EventEmitter } from 'node:events';

/** Wakes everybody of this process who waits for measurements. */
export class RecordingBell {
  private readonly events = new EventEmitter().setMaxListeners(0);

  ring(): void {
    this.events.emit('ring');
  }

  /** Resolves at the next ring from now on, after `timeoutMs`, or when the signal aborts, whichever comes first. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.events.off('ring', wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.events.once('ring', wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }
}
