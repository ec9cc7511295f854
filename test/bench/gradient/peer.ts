import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** PyTorch, in a process of its own. */
export interface Peer {
  readonly version: string;
  readonly models: readonly string[];
  /** Seconds that one batch took. */
  readonly run: (model: string, batch: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Starts `script` under a Python that has PyTorch. @throws Error when it cannot be started. */
export async function startPeer(python: string, script: string, threads: number): Promise<Peer> {
  const child = spawn(python, [script, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const answer = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done === true) throw new Error(`peer: expected a line from ${python}, got the end of its output`);
    return JSON.parse(value);
  };
  const { version, models } = await answer();
  return {
    version: String(version),
    models: models as readonly string[],
    run: async (model, batch) => {
      child.stdin.write(`${JSON.stringify({ model, batch })}\n`);
      return Number((await answer())['seconds']);
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
