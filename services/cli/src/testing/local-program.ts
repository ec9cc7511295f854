import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { constant, createGraph, encodeModel, gemm, input, reshape, type Value } from '@parallax/graph';
import { temporaryFolder } from '@parallax/store/testing';
import { float32, normal } from '@parallax/tensor';
import { loadCliConfig } from '../config.ts';
import { localOptionsSchema } from '../local/options.ts';
import { parseOptions } from '../options/parse-options.ts';
import { runProgram } from '../program.ts';
import { type LocalServices, startLocalServices } from '../server.ts';
import { createTerminal } from '../terminal/terminal.ts';

/** What a command came to. */
export interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** The program with services of its own, all in this process, on a temporary home folder. */
export interface LocalProgram extends AsyncDisposable {
  readonly home: string;
  readonly services: LocalServices;
  /** A file in the home folder. */
  file(name: string): string;
  run(...args: readonly string[]): Promise<Outcome>;
}

/** Starts some services, by the names of `parallax up --only`. */
export async function startLocalProgram(only: string): Promise<LocalProgram> {
  const folder = await temporaryFolder();
  const home = folder.path;
  const signal = new AbortController().signal;
  const silent = { write: () => undefined };
  const config = async () => loadCliConfig({ home }, {});
  const shell = { terminal: createTerminal(silent, silent), signal, env: {}, config };
  const services = await startLocalServices(parseOptions(localOptionsSchema, { only, port: ['0'] }), shell);
  return {
    home,
    services,
    file: (name) => path.join(home, name),
    run: async (...args) => {
      const written = { output: '', errors: '' };
      const terminal = createTerminal(
        { write: (text) => (written.output += text) },
        { write: (text) => (written.errors += text) },
      );
      const status = await runProgram([...args, '--home', home], { terminal, signal, env: {} });
      return { status, ...written };
    },
    [Symbol.asyncDispose]: async () => {
      await services[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const pixels = 3 * 32 * 32;
const classes = 10;

/** Writes a function of images [N, 3, 32, 32] as an ONNX file. */
export async function writeOnnx(file: string, make: (images: Value) => Value): Promise<string> {
  const images = input('images', ['N', 3, 32, 32]);
  await writeFile(file, encodeModel(createGraph([images], { made: make(images) })));
  return file;
}

/** Writes a linear classifier with random weights, and logits that are some times larger. */
export function writeLinear(file: string, seed: number, times = 1): Promise<string> {
  const weights = normal({ seed, purpose: 'verify.weights' }, classes * pixels).map((value) => (value / 20) * times);
  return writeOnnx(file, (images) =>
    gemm(reshape(images, [-1, pixels]), constant(float32([classes, pixels], weights)), { transB: true }),
  );
}
