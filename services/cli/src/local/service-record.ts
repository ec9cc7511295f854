import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Variables } from '../config.ts';

/** Where the services that `parallax up` runs on this home can be called, so that other commands find them. */
export interface ServiceRecord {
  /** Process that runs them. */
  readonly pid: number;
  /** `host:port` of the pages; absent when they are not run. */
  readonly gateway?: string | undefined;
  /** Addresses as environment variables of the services that call them: `PARALLAX_ATTACK=127.0.0.1:50061`. */
  readonly addresses: Readonly<Record<string, string>>;
}

const recordSchema = z.object({
  pid: z.number().int(),
  gateway: z.string().optional(),
  addresses: z.record(z.string(), z.string()),
});

const fileOf = (home: string) => path.join(home, 'services.json');

/** Writes the record for the process that runs the services. */
export async function writeServiceRecord(home: string, record: ServiceRecord): Promise<void> {
  const file = fileOf(home);
  await mkdir(home, { recursive: true });
  await writeFile(`${file}.${record.pid}`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${file}.${record.pid}`, file);
}

/** Removes the record, if it still is the one of process `pid`. */
export async function removeServiceRecord(home: string, pid: number): Promise<void> {
  const record = await readRecord(home);
  if (record?.pid === pid) await rm(fileOf(home), { force: true });
}

/** Addresses of the services that run on a home, as variables; empty when none do. */
export async function recordedAddresses(home: string): Promise<Variables> {
  const record = await readRecord(home);
  return record !== undefined && isRunning(record.pid) ? record.addresses : {};
}

async function readRecord(home: string): Promise<ServiceRecord | undefined> {
  const text = await readFile(fileOf(home), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    // A record that cannot be read helps nobody; the next `parallax up` replaces it.
    return undefined;
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
