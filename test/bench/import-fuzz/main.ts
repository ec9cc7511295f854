// Mutated models, imported each under a time and memory limit (--count N, --seed S, --folder DIR of further models, --out DIR for what fails).
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Dice, mutate } from '../../import/fuzz/mutate.ts';
import { type Tried, tryImport } from '../../import/fuzz/outcome.ts';
import { seedFiles } from '../../import/fuzz/seeds.ts';

const timeLimitMs = 20_000;
const memoryLimitMb = 1024;

/** A thread that imports what it is sent; it is ended when it takes too long, and dies when it takes too much memory. */
class Importer {
  private worker: Worker | undefined;

  async run(bytes: Uint8Array): Promise<Tried> {
    this.worker ??= new Worker(new URL(import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb } });
    const { worker } = this;
    const [answer, alive] = await new Promise<readonly [Tried, boolean]>((resolve) => {
      const timer = setTimeout(
        () => resolve([{ outcome: 'hung', milliseconds: timeLimitMs, message: 'no answer' }, false]),
        timeLimitMs,
      );
      const died = (error: Error): void => {
        clearTimeout(timer);
        resolve([{ outcome: 'crashed', milliseconds: 0, message: error.message }, false]);
      };
      worker.once('error', died);
      worker.once('message', (tried: Tried) => {
        clearTimeout(timer);
        worker.off('error', died);
        resolve([tried, true]);
      });
      worker.postMessage(bytes);
    });
    if (!alive) {
      this.worker = undefined;
      await worker.terminate();
    }
    return answer;
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }
}

async function main(): Promise<void> {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      count: { type: 'string' },
      seed: { type: 'string' },
      folder: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const files = [
    ...seedFiles(path.join(root, '../shared/models')),
    ...(values.folder ? seedFiles(values.folder).slice(3) : []),
  ];
  const count = Number(values.count ?? 2000);
  const dice = new Dice(Number(values.seed ?? 1));
  const importer = new Importer();
  const counts = { accepted: 0, refused: 0, crashed: 0, hung: 0 };
  let slowest = 0;
  for (let index = 0; index < count; index++) {
    const { bytes, names } = mutate(files[index % files.length] ?? new Uint8Array(), dice);
    const { outcome, milliseconds, message } = await importer.run(bytes);
    counts[outcome]++;
    slowest = Math.max(slowest, milliseconds);
    if (outcome === 'accepted' || outcome === 'refused') continue;
    console.log(`${outcome}: ${names.join(' + ')}: ${message}`);
    if (values.out !== undefined) writeFileSync(path.join(values.out, `${outcome}-${index}.onnx`), bytes);
  }
  await importer.close();
  const { accepted, refused, crashed, hung } = counts;
  console.log(
    `${files.length} models, ${count} inputs: ${accepted} accepted, ${refused} refused, crashes ${crashed}, hangs ${hung}; slowest ${slowest.toFixed(0)} ms`,
  );
  if (crashed + hung > 0) process.exitCode = 1;
}

if (isMainThread) await main();
else parentPort?.on('message', (bytes: Uint8Array) => parentPort?.postMessage(tryImport(bytes)));
