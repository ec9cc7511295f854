import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A peer in a process of its own: one line of JSON in, one line of JSON out. */
export interface JsonPeer {
  /** Its first line, sent without having been asked. */
  readonly greeting: unknown;
  readonly ask: (request: object) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** @throws Error when the command cannot be started, or ends before it has answered. */
export async function startJsonPeer(command: string, args: readonly string[]): Promise<JsonPeer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const answer = async (): Promise<unknown> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done === true) throw new Error(`peer: expected a line from ${command}, got the end of its output`);
    return JSON.parse(value);
  };
  return {
    greeting: await answer(),
    ask: (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
