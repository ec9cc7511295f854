// AutoAttack, and our cascade fast, on a robust model: verdicts against the reference's, time against its (--peer CHECKOUT).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { InputError } from '@parallax/config';
import { createOnnxRuntimeEngine } from '@parallax/runtime';
import { compareWithReference, type Reference, type ReferenceRun } from './compare.ts';
import { type CascadeRun, runOurs } from './ours.ts';
import { type Peer, startPeer } from './peer.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: {
    peer: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    'shared-dir': { type: 'string', default: '../shared' },
    cascades: { type: 'string', default: 'autoattack-standard,fast' },
    runs: { type: 'string', default: '0,1,2' },
    seeds: { type: 'string', default: '0' },
    batch: { type: 'string', default: '32' },
    out: { type: 'string' },
  },
});

const shared = options['shared-dir'];
const files = {
  reference: path.join(shared, 'reference/autoattack-resnet_2b.json'),
  model: path.join(shared, 'models/resnet_2b.onnx'),
  images: path.join(shared, 'data/cifar-10-batches-bin/test_batch.bin'),
};

function listOf(text: string): readonly number[] {
  return text.split(',').map(Number);
}

/** The runs of the reference that are asked for. */
function chosenRuns({ runs }: Reference): readonly ReferenceRun[] {
  return listOf(options.runs).map((index) => {
    const run = runs[index];
    if (run !== undefined) return run;
    throw new InputError([{ field: '--runs', expected: `indices from 0 to ${runs.length - 1}`, got: String(index) }]);
  });
}

async function peerFor(): Promise<Peer | undefined> {
  if (options.peer === undefined) {
    console.log('peer: none; --peer CHECKOUT --python PYTHON runs fra31/auto-attack beside us');
    return undefined;
  }
  return startPeer(options.python, options.peer, files.model, availableParallelism());
}

async function main(): Promise<void> {
  const missing = Object.values(files).filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.log(`autoattack: skipped, as there is no ${missing.join(', ')}; --shared-dir names the folder`);
    return;
  }
  const reference: Reference = JSON.parse(readFileSync(files.reference, 'utf8'));
  const engine = createOnnxRuntimeEngine({ workers: availableParallelism() });
  const peer = await peerFor();
  const rows: object[] = [];
  for (const run of chosenRuns(reference)) {
    const theirs = await peer?.run(run, reference, files.images);
    if (theirs !== undefined) console.log(describePeer(run, theirs));
    for (const cascade of options.cascades.split(',')) {
      for (const seed of listOf(options.seeds)) {
        const asked: CascadeRun = { cascade, seed, batchSize: Number(options.batch), files, reference, run };
        const ours = await runOurs(engine, asked);
        const comparison = compareWithReference(ours, run);
        const ratio = theirs === undefined ? '' : ` · ${(theirs.seconds / ours.seconds).toFixed(1)}× the peer's speed`;
        console.log(
          `${run.norm} ${run.eps} ${cascade} seed ${seed}: ${comparison.text}, ${ours.seconds.toFixed(1)} s${ratio}`,
        );
        // Robust counts within one image of the reference's, or the bench fails.
        if (!comparison.agrees) process.exitCode = 1;
        rows.push({ norm: run.norm, eps: run.eps, cascade, seed, ...ours, ...comparison, peer: theirs });
      }
    }
  }
  await peer?.close();
  await engine.close();
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(rows, undefined, 2)}\n`);
}

function describePeer(
  { norm, eps }: ReferenceRun,
  { seconds, robust }: { readonly seconds: number; readonly robust: readonly number[] },
): string {
  const count = robust.reduce((sum, each) => sum + each, 0);
  return `${norm} ${eps} fra31/auto-attack: robust ${count}, ${seconds.toFixed(1)} s`;
}

await main();
