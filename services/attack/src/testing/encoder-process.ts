import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** An encoder service that runs as a process of its own. */
export interface EncoderProcess extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** Ends it at once, without a goodbye. */
  kill(): void;
}

const program = fileURLToPath(new URL('../../../encoder/dist/main.js', import.meta.url));

/** Starts the built encoder service (`node deploy/build.mjs`) on a home folder and a database. */
export async function startEncoderProcess(home: string, databaseUrl: string): Promise<EncoderProcess> {
  const options = [`--home=${home}`, `--database-url=${databaseUrl}`, '--port=0', '--paradigm=sl'];
  const process = spawn('node', [program, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async () => {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
  };
  for await (const line of createInterface(process.stderr)) {
    const address = /"address":"([^"]+)"/.exec(line)?.[1];
    if (address === undefined) continue;
    process.stderr.resume();
    return { address, kill: () => void process.kill('SIGKILL'), [Symbol.asyncDispose]: stop };
  }
  throw new Error('expected the encoder service to listen, got its end');
}
