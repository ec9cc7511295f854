// AutoAttack, and our cascade fast, on a robust model: verdicts and time against the reference's (--peer CHECKOUT, --model FILE).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { InputError } from '@parallax/config';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { parseClock } from '../stopwatch.ts';
import { compareVerdicts, type Reference, type ReferenceRun } from './compare.ts';
import { type CascadeRun, runOurs } from './ours.ts';
import { type Peer, type PeerResult, startPeer } from './peer.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: {
    peer: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    'shared-dir': { type: 'string', default: '../shared' },
    model: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    clock: { type: 'string', default: 'wall' },
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
  model: options.model ?? path.join(shared, 'models/resnet_2b.onnx'),
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

const clock = parseClock(options.clock);
const threads = Number(options.threads);

/** @throws InputError for a model of the caller's without a peer: there is no record of it. */
async function peerFor(): Promise<Peer | undefined> {
  if (options.peer !== undefined) return startPeer(options.python, options.peer, files.model, threads);
  if (options.model !== undefined) {
    throw new InputError([{ field: '--peer', expected: 'a checkout, whose verdicts on --model count', got: 'none' }]);
  }
  console.log('peer: none; --peer CHECKOUT --python PYTHON runs fra31/auto-attack beside us');
  return undefined;
}

/** The verdicts of the record, or on a model that it does not know those of the peer. */
function verdictsOf(run: ReferenceRun, peer: PeerResult | undefined): Pick<ReferenceRun, 'clean_flags' | 'stages'> {
  if (options.model === undefined || peer === undefined) return run;
  const last = { attack: 'standard', robust_after: countOf(peer.robust), robust_flags: peer.robust };
  return { clean_flags: peer.clean, stages: [last] };
}

function countOf(flags: readonly number[]): number {
  return flags.reduce((sum, each) => sum + each, 0);
}

function describePeer({ norm, eps }: ReferenceRun, { seconds, clean, robust }: PeerResult): string {
  const counts = `right ${countOf(clean)}, robust ${countOf(robust)}`;
  return `${norm} ${eps} fra31/auto-attack: ${counts}, ${seconds[clock].toFixed(1)} s`;
}

async function main(): Promise<void> {
  const missing = Object.values(files).filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.log(`autoattack: skipped, as there is no ${missing.join(', ')}; --shared-dir names the folder`);
    return;
  }
  const reference: Reference = JSON.parse(readFileSync(files.reference, 'utf8'));
  const peer = await peerFor();
  const engine = createOnnxRuntimeEngine({ workers: threads });
  const rows: object[] = [];
  for (const run of chosenRuns(reference)) {
    const theirs = await peer?.run(run, reference, files.images);
    if (theirs !== undefined) console.log(describePeer(run, theirs));
    for (const cascade of options.cascades.split(',')) {
      for (const seed of listOf(options.seeds)) {
        const asked: CascadeRun = { cascade, seed, batchSize: Number(options.batch), files, reference, run };
        rows.push(await runCascade(engine, asked, theirs));
      }
    }
  }
  await peer?.close();
  await engine.close();
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(rows, undefined, 2)}\n`);
}

/** The bench fails unless robust counts are within one image of the reference's. */
async function runCascade(engine: Engine, asked: CascadeRun, theirs: PeerResult | undefined): Promise<object> {
  const { run, cascade, seed } = asked;
  const ours = await runOurs(engine, asked);
  const seconds = ours.seconds[clock];
  const comparison = compareVerdicts(ours, verdictsOf(run, theirs), options.model === undefined ? 'reference' : 'peer');
  const ratio = theirs === undefined ? '' : ` · ${(theirs.seconds[clock] / seconds).toFixed(1)}× the peer's speed`;
  console.log(`${run.norm} ${run.eps} ${cascade} seed ${seed}: ${comparison.text}, ${seconds.toFixed(1)} s${ratio}`);
  if (!comparison.agrees) process.exitCode = 1;
  return { norm: run.norm, eps: run.eps, cascade, seed, ...ours, ...comparison, peer: theirs };
}

await main();
