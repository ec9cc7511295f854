import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntilServing } from './wait-until-serving.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
let folder = '';
let program = '';

// The program stands in a folder below this one, so that it finds the packages it was not bundled with.
beforeAll(async () => {
  folder = await mkdtemp(join(here, '..', 'dist-'));
  program = join(folder, 'main.mjs');
  const contents = `
    import { serviceFields } from '@parallax/config';
    import { z } from 'zod';
    import { createServer, runService } from './index.ts';
    await runService({
      name: 'parallax-test',
      schema: z.object(serviceFields(0)),
      start: ({ host, port }, { logger }) => createServer({ services: [], host, port, logger }),
    });`;
  await build({
    stdin: { contents, resolveDir: here, loader: 'ts' },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [{ name: 'external-packages', setup: externalPackages }],
  });
});

afterAll(() => rm(folder, { recursive: true }));

function externalPackages({
  onResolve,
}: Parameters<NonNullable<Parameters<typeof build>[0]['plugins']>[0]['setup']>[0]) {
  onResolve({ filter: /^[^./]/ }, ({ path }) => (path.startsWith('@parallax/') ? undefined : { external: true }));
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    output.out += text;
  });
  child.stderr.on('data', (text) => {
    output.err += text;
  });
  return { child, output };
}

const exitOf = async (child: ChildProcess) => (await once(child, 'close'))[0] as number;

async function addressIn(output: { readonly err: string }): Promise<string> {
  for (;;) {
    const address = /"address":"([^"]+)"/.exec(output.err)?.[1];
    if (address !== undefined) return address;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('runService', () => {
  it('serves until it is told to stop', async () => {
    const { child, output } = start('--port', '0');
    await waitUntilServing(await addressIn(output), { deadlineMs: 10_000 });
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(0);
    expect(
      output.err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).msg),
    ).toEqual(['listening', 'stopped']);
  });

  it('names every configuration error and exits with 2', async () => {
    const { child, output } = start('--port', 'x', '--colour', 'red');
    expect(await exitOf(child)).toBe(2);
    expect(output.err).toMatch(/^parallax-test: 2 configuration errors\n {2}--colour: .*\n {2}--port .*got "x"\n$/);
  });

  it('says in one line why it cannot start and exits with 1', async () => {
    const first = start();
    const address = await addressIn(first.output);
    const second = start('--port', address.split(':')[1] ?? '');
    expect(await exitOf(second.child)).toBe(1);
    expect(second.output.err).toBe(
      `parallax-test: ${address}: expected an address that is free to listen on, got one that is in use\n`,
    );
    first.child.kill('SIGINT');
    expect(await exitOf(first.child)).toBe(0);
  });

  it('explains its options', async () => {
    const { child, output } = start('--help');
    expect(await exitOf(child)).toBe(0);
    expect(output.out).toContain('--otlp-endpoint  OTEL_EXPORTER_OTLP_ENDPOINT');
  });
});
