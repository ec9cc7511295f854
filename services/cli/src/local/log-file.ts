import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

/** Where the services that run in this process write their logs, so that the terminal stays the user's. */
export interface LogFile {
  /** Path of the file. */
  readonly path: string;
  /** Writes a line; at once, so that what is said last before an end is not lost. */
  write(line: string): void;
  close(): Promise<void>;
}

/** Begins the log of a home folder anew: each start of the services has its own. */
export function openLogFile(home: string): LogFile {
  const file = path.join(home, 'services.log');
  mkdirSync(home, { recursive: true });
  const descriptor = openSync(file, 'w');
  let open = true;
  return {
    path: file,
    write(line) {
      if (open) writeSync(descriptor, line);
    },
    async close() {
      open = false;
      closeSync(descriptor);
    },
  };
}
