/** Where a command writes. Results go to the standard output, everything about their making to the standard error. */
export interface Terminal {
  /** Whether the standard error is looked at by a person, so that a line may be redrawn in place. */
  readonly interactive: boolean;
  /** Width of a line in characters. */
  readonly columns: number;
  /** Writes text to the standard output, followed by a line break. */
  print(text: string): void;
  /** Writes text to the standard error, followed by a line break. */
  note(text: string): void;
  /** Replaces the line that is being redrawn; only where `interactive`. Empty text takes it away. */
  redraw(text: string): void;
}

/** The part of a Node.js output stream that is used. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const defaultColumns = 100;
const eraseLine = '\r\u001B[2K';

/** A terminal over two streams. */
export function createTerminal(output: TextStream, errors: TextStream): Terminal {
  const interactive = errors.isTTY === true;
  let drawn = false;
  const erase = () => {
    if (drawn) errors.write(eraseLine);
    drawn = false;
  };
  return {
    interactive,
    get columns() {
      return errors.columns ?? defaultColumns;
    },
    print(text) {
      erase();
      output.write(`${text}\n`);
    },
    note(text) {
      erase();
      errors.write(`${text}\n`);
    },
    redraw(text) {
      if (!interactive) return;
      erase();
      errors.write(text);
      drawn = text !== '';
    },
  };
}
