import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names a running process, so that whoever finds the name later can tell whether that process still lives. Contains no
 * slash, so it may stand in a file name.
 */
export type ProcessIdentity = string;

/**
 * What is known of the process behind an identity: `unknown` when it runs (or ran) on another machine or in another
 * container, whose processes cannot be seen from here.
 */
export type Liveness = 'alive' | 'dead' | 'unknown';

const separator = '~';

/** The identity of the calling process. */
export function thisProcess(): ProcessIdentity {
  return [machine(), process.pid, startMark(process.pid)].join(separator);
}

/** Whether the process still runs. A number that was given out again to a newer process counts as dead. */
export function livenessOf(identity: ProcessIdentity): Liveness {
  const { host, pid, started } = parts(identity);
  if (host !== machine() || !Number.isInteger(pid)) return 'unknown';
  if (!isRunning(pid)) return 'dead';
  return startMark(pid) === started ? 'alive' : 'dead';
}

/** The process as an operator would look for it: `process 123 on host`. */
export function describeProcess(identity: ProcessIdentity): string {
  const { host, pid } = parts(identity);
  return `process ${pid} on ${host.split('+')[0]}`;
}

function parts(identity: ProcessIdentity): { host: string; pid: number; started: string } {
  const [host = '', pid = '', started = ''] = identity.split(separator);
  return { host, pid: Number.parseInt(pid, 10), started };
}

/** Host name and process-number namespace: two containers may share the first, never both. */
function machine(): string {
  const namespace = fromProc(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''));
  return `${hostname()}+${namespace}`.replaceAll(separator, '-').replaceAll('/', '-');
}

/** Start time in clock ticks since boot, field 22 of `/proc/PID/stat`; the fields after the command start behind its last `)`. */
function startMark(pid: number): string {
  return fromProc(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });
}

/** Empty where the system has no `/proc`: identities then rest on host name and process number alone. */
function fromProc(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
