// Attacks beside those of foolbox and torchattacks (--python PYTHON): success, distance, time; --out FILE.md writes a page.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { InputError } from '@parallax/config';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { type LabelledImages, type Normalisation, readImages } from '../cifar.ts';
import { least, parseClock } from '../stopwatch.ts';
import { type Contest, contests } from './contests.ts';
import { chosen, compileOurs } from './ours.ts';
import { type Finding, type PeerAttack, type Peers, startPeers } from './peers.ts';
import { formatReport, type Row } from './report.ts';
import type { Setting } from './setting.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: {
    python: { type: 'string' },
    'shared-dir': { type: 'string', default: '../shared' },
    images: { type: 'string', default: '200' },
    attacks: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '0' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: String(availableParallelism()) },
    clock: { type: 'string', default: 'wall' },
    out: { type: 'string' },
  },
});

const seed = Number(options.seed);
const rounds = Number(options.rounds);
const shared = options['shared-dir'];
const files = {
  /** Says how images are normalised for the model. */
  reference: path.join(shared, 'reference/autoattack-resnet_2b.json'),
  model: path.join(shared, 'models/resnet_2b.onnx'),
  images: path.join(shared, 'data/cifar-10-batches-bin/test_batch.bin'),
};

function chosenContests(): readonly Contest[] {
  if (options.attacks === undefined) return contests;
  return options.attacks.split(',').flatMap((name) => {
    const named = contests.filter(({ attack }) => attack === name);
    if (named.length > 0) return named;
    const expected = `some of ${[...new Set(contests.map(({ attack }) => attack))].join(', ')}`;
    throw new InputError([{ field: '--attacks', expected, got: name }]);
  });
}

/** One side of a contest. */
type Side = () => Promise<Finding>;

/** The finding of each side, with the best time of all rounds; rounds alternate between the sides. */
async function measureSides(sides: readonly Side[]): Promise<readonly Finding[]> {
  const best: Finding[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const finding = await side();
      best[index] = { ...finding, seconds: least(finding.seconds, best[index]?.seconds) };
    }
  }
  return best;
}

async function runContest(
  engine: Engine,
  peers: Peers,
  contest: Contest,
  images: LabelledImages,
  setting: Setting,
): Promise<readonly Row[]> {
  const { epsilon, norm } = contest;
  const selections = epsilon === undefined ? (['distance'] as const) : (['transfer', 'verdict'] as const);
  const ours = await Promise.all(
    selections.map((selection) => compileOurs(engine, contest, selection, images, setting, Number(options.batch))),
  );
  const installed = contest.peers.filter(({ library }) => library in peers.libraries);
  const theirs = installed.map((peer) => () => peers.run(peer, { norm, epsilon: epsilon ?? null }, seed));
  const findings = await measureSides([
    ...ours.map(
      ({ run }) =>
        () =>
          run(seed),
    ),
    ...theirs,
  ]);
  await Promise.all(ours.map(({ close }) => close()));
  const [first, second] = findings;
  if (first === undefined) throw new InputError([{ field: '--rounds', expected: 'at least 1', got: options.rounds }]);
  return contest.peers.map((peer): Row => {
    const finding = findingOf(peer, installed, findings.slice(ours.length));
    return {
      contest,
      peer,
      ours: first,
      ...(second === undefined || epsilon === undefined ? {} : { untilBroken: second }),
      ...(finding === undefined ? {} : { theirs: finding }),
    };
  });
}

function findingOf(
  peer: PeerAttack,
  installed: readonly PeerAttack[],
  findings: readonly Finding[],
): Finding | undefined {
  return findings[installed.indexOf(peer)];
}

async function main(): Promise<void> {
  const missing = Object.values(files).filter((file) => !existsSync(file));
  if (missing.length > 0 || options.python === undefined) {
    const what = missing.length > 0 ? `there is no ${missing.join(', ')}; --shared-dir names the folder` : undefined;
    console.log(`attacks-peers: skipped, as ${what ?? 'there is no peer; --python names a Python with torch'}`);
    return;
  }
  const asked = chosenContests();
  const normalisation: Normalisation = JSON.parse(readFileSync(files.reference, 'utf8'));
  const { mean, std } = normalisation;
  const { model, images: file } = files;
  const setting: Setting = {
    model,
    images: file,
    count: Number(options.images),
    threads: Number(options.threads),
    mean,
    std,
  };
  const peers = await startPeers(options.python, setting);
  const absent = ['foolbox', 'torchattacks'].filter((name) => !(name in peers.libraries));
  if (absent.length > 0) console.log(`skipped, as not installed: ${absent.join(', ')}`);
  const engine = createOnnxRuntimeEngine({ workers: setting.threads });
  const images = chosen(readImages(file, setting.count), peers.right);
  const rows: Row[] = [];
  for (const contest of asked) {
    rows.push(...(await runContest(engine, peers, contest, images, setting)));
    console.log(`${contest.attack} ${contest.norm}: done`);
  }
  const report = formatReport(
    {
      model: path.basename(model),
      images: setting.count,
      right: peers.right.length,
      seed,
      rounds,
      batchSize: Number(options.batch),
      cores: availableParallelism(),
      threads: setting.threads,
      clock: parseClock(options.clock),
      torch: peers.torch,
      libraries: peers.libraries,
      load: loadavg()[0] ?? Number.NaN,
    },
    rows,
  );
  if (options.out === undefined) console.log(report);
  else writeFileSync(options.out, report);
  await peers.close();
  await engine.close();
}

await main();
