import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../output/contract', import.meta.url));

/** The file that keeps what a process of a deployment wrote, for whoever looks into a failed run. */
export function logFile(deployment: string, process: string): WriteStream {
  mkdirSync(path.join(folder, deployment), { recursive: true });
  return createWriteStream(path.join(folder, deployment, `${process}.log`));
}
