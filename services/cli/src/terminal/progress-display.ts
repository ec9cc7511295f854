import { type Advance, formatAdvance } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

/** Shows how far work is. */
export interface ProgressDisplay {
  /** Shows the newest state. */
  show(advance: Advance): void;
  /** Takes the line away. */
  clear(): void;
}

/** Nothing is shown of work that is over sooner. */
const silentMs = 1_000;
/** Time between two lines of the same work, where lines cannot be redrawn. */
const lineIntervalMs = 10_000;

/** Redraws one line for a person; writes a line now and then where nobody watches, such as into a log file. */
export function createProgressDisplay(terminal: Terminal, now: () => number = Date.now): ProgressDisplay {
  let label: string | undefined;
  let nextLineMs = 0;
  return {
    show(advance) {
      if (advance.label !== label) {
        label = advance.label;
        nextLineMs = now() + silentMs;
      }
      if (terminal.interactive) terminal.redraw(formatAdvance(advance, terminal.columns));
      else if (now() >= nextLineMs) {
        nextLineMs = now() + lineIntervalMs;
        terminal.note(formatAdvance(advance, Number.POSITIVE_INFINITY));
      }
    },
    clear() {
      terminal.redraw('');
    },
  };
}
