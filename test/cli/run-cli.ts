import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from '../architecture/source-files.ts';

/** How a command ended, and what it said. */
export interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A command that runs. */
export interface RunningCommand {
  /** Resolves when the text appears in what the command has written, on either stream. */
  seen(text: string): Promise<void>;
  /** What it has written so far, on both streams. */
  written(): string;
  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<Outcome>;
}

/** Starts `parallax` as a user does, with its state in `home` and no configuration from the environment of the tests. */
export function startCli(home: string, args: readonly string[]): RunningCommand {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PARALLAX_|DATABASE_URL)/.test(name)),
  );
  const launcher = path.join(root, 'services/cli/bin/parallax.mjs');
  const child = spawn(process.execPath, [launcher, ...args, '--home', home], { cwd: root, env });
  const written = { output: '', errors: '' };
  const all = () => `${written.output}${written.errors}`;
  const waiting = new Set<() => void>();
  const listen = (key: keyof typeof written) => (text: Buffer) => {
    written[key] += text.toString('utf8');
    for (const check of waiting) check();
  };
  child.stdout.on('data', listen('output'));
  child.stderr.on('data', listen('errors'));
  const ended = new Promise<Outcome>((resolve) => child.on('close', (status) => resolve({ status, ...written })));
  const seen = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!all().includes(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
      void ended.then(({ errors }) => reject(new Error(`expected "${text}", got the end:\n${errors}`)));
    });
  return { ended, seen, written: all, signal: (name) => child.kill(name) };
}

/** Runs `parallax` to its end. */
export function runCli(home: string, args: readonly string[]): Promise<Outcome> {
  return startCli(home, args).ended;
}
