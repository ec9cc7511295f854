import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Deployment, environmentOf, type ProcessName, serviceOf, startGroups } from './deployment.ts';
import { logFile } from './logs.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Time a process gets to say that it listens; a fresh database takes a while on a busy machine. */
const startMs = 90_000;

/** A process that runs, and what it said of itself. */
interface Started {
  readonly child: ChildProcess;
  readonly ready: string;
}

/**
 * Runs every service as a process of its own, `node services/<name>/dist/main.js`, on a free port, with one database
 * process between them. All state is in a temporary folder.
 */
export async function startProcesses(): Promise<Deployment> {
  const home = await mkdtemp(path.join(tmpdir(), 'parallax-contract-'));
  const children: ChildProcess[] = [];
  const stop = async () => {
    for (const child of children.reverse()) await end(child);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const environment = { PARALLAX_HOME: home, PARALLAX_PORT: '0', PARALLAX_GRPC_PORT: '0' };
    const database = await start(
      'database',
      ['cli', 'database', '--port', '0'],
      environment,
      children,
      /^DATABASE_URL=(.*)$/,
    );
    const addresses = new Map<ProcessName, string>();
    const addressOf = (name: ProcessName) => addresses.get(name) ?? '127.0.0.1:1';
    for (const group of startGroups) {
      const starting = group.map(async (name) => {
        const env = { ...environment, ...environmentOf(name, addressOf), DATABASE_URL: database.ready };
        const { ready } = await start(name, [serviceOf(name)], env, children, listening);
        addresses.set(name, ready);
      });
      await Promise.all(starting);
    }
    return {
      addresses: Object.fromEntries(addresses) as Record<ProcessName, string>,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The log line by which a service says where it listens; the gateway answers gRPC calls on a port of its own. */
const listening = /"address":"([^"]+)"(?:,"grpcAddress":"([^"]+)")?,"msg":"listening"/;

async function start(
  name: string,
  [service = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  children: ChildProcess[],
  readyLine: RegExp,
): Promise<Started> {
  const main = path.join(root, 'services', service, 'dist/main.js');
  const env = { ...process.env, PARALLAX_LOG_LEVEL: 'info', ...environment };
  const child = spawn(process.execPath, [main, ...args], { cwd: environment['PARALLAX_HOME'], env });
  children.push(child);
  child.stderr.pipe(logFile('processes', name));
  return { child, ready: await untilReady(service, child, readyLine) };
}

function untilReady(service: string, child: ChildProcess, readyLine: RegExp): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${service} ${why}:\n${lines.slice(-20).join('\n')}`));
    const timer = setTimeout(() => fail(`did not start within ${startMs} ms`), startMs);
    child.once('exit', (code) => fail(`ended with status ${code}`));
    for (const stream of [child.stdout, child.stderr] as Readable[]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const match = readyLine.exec(line);
        if (match === null) return;
        clearTimeout(timer);
        child.removeAllListeners('exit');
        resolve(match[2] ?? match[1] ?? '');
      });
    }
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
