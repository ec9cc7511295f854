import process from 'node:process';
import { Interrupted } from './errors/interrupted.ts';
import { runProgram } from './program.ts';
import { createTerminal } from './terminal/terminal.ts';

const stop = new AbortController();
// Once: a second signal finds no listener and does what signals do.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Interrupted()));

const terminal = createTerminal(process.stdout, process.stderr);
const status = await runProgram(process.argv.slice(2), { terminal, signal: stop.signal, env: process.env });
// Worker threads and idle connections must not keep a finished command alive.
process.exit(status);
