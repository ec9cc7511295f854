import path from 'node:path';
import { type Difference, decodeRecords, differencesOf, summarize } from '@parallax/attacks';
import { dataSearchPaths, openDataset } from '@parallax/datasets';
import { attackRunSpec, EncoderDirectory, type RecordedRun } from '@parallax/messages';
import { proportion } from '@parallax/statistics';
import { type ArtifactStore, openFolderArtifactStore } from '@parallax/store';
import type { Tensor } from '@parallax/tensor';
import type { Command } from 'commander';
import type { CliConfig } from '../config.ts';
import { Interrupted } from '../errors/interrupted.ts';
import { runAttack } from '../runs/run-attack.ts';
import type { Shell } from '../shell.ts';
import { formatProportion } from '../terminal/percent.ts';
import { createProgressDisplay } from '../terminal/progress-display.ts';
import { formatTable } from '../terminal/table.ts';
import { assertSame, differentEntries } from '../verification/differences.ts';
import { judgesOf } from '../verification/judge-of.ts';
import { type OpenedRecord, openRecord, openStoredImages } from '../verification/open-record.ts';
import { parseRecordHeader } from '../verification/record-header.ts';
import { replayRecord } from '../verification/replay-record.ts';

/** `parallax verify`: replays a record from the stored examples. */
export function addVerify(program: Command, shell: Shell): void {
  program
    .command('verify')
    .description('replay a record of `parallax attack` from the stored images, and fail on any difference')
    .argument('<record.jsonl>', 'the file that `parallax attack --out` has written')
    .option('--attack', 'run the attack again as well, and compare every byte')
    .action(async (file: string, { attack = false }: { readonly attack?: boolean }) => verify(file, attack, shell));
}

async function verify(file: string, attacksAgain: boolean, shell: Shell): Promise<void> {
  const config = await shell.config();
  const artifacts = await openFolderArtifactStore(path.join(config.home, 'artifacts'));
  const record = await openRecord(file);
  const { set, differences } = await openStoredImages(record, artifacts);
  // What the header says of the run is not the truth: nothing that it names is worth replaying with.
  if (differences.some(({ field }) => field.startsWith('header.'))) assertSame(differences, file, shell.terminal);
  const found = await replayWith({ record, stored: set.images as Tensor<'float32'>, artifacts, config }, shell);
  assertSame([...differences, ...found], file, shell.terminal);
  if (attacksAgain) assertSame(await attackAgain(record, artifacts, shell), file, shell.terminal);
  shell.terminal.print(summaryTable(record));
}

/** Does the run of a record once more, and compares images and records with those it has left before. */
async function attackAgain(
  { header, records }: OpenedRecord,
  artifacts: ArtifactStore,
  shell: Shell,
): Promise<readonly Difference[]> {
  // The schema of headers knows kinds of objectives and leaves their settings to the service.
  const targets = records.flatMap(({ target }) => (target === undefined ? [] : [target]));
  const result = await runAttack(attackRunSpec(header as unknown as RecordedRun, targets), shell);
  const again = decodeRecords(new TextDecoder().decode(await artifacts.get(result?.recordDigest ?? '')));
  const { adversarialSet } = parseRecordHeader(again.header);
  return [
    ...differentEntries('adversarialSet.images.', header.adversarialSet.images, adversarialSet.images),
    ...records.flatMap((record, row) => differencesOf(record, again.records[row] ?? record)),
    ...differentEntries('records.', { count: records.length }, { count: again.records.length }),
  ];
}

interface Replayed {
  readonly record: OpenedRecord;
  readonly stored: Tensor<'float32'>;
  readonly artifacts: ArtifactStore;
  readonly config: CliConfig;
}

async function replayWith(
  { record, stored, artifacts, config }: Replayed,
  shell: Shell,
): Promise<readonly Difference[]> {
  const { signal } = shell;
  const { header } = record;
  const dataset = await openDataset(header.dataset.name, { searchPaths: dataSearchPaths(config.dataDir), artifacts });
  using directory = new EncoderDirectory(config.encoders);
  const display = createProgressDisplay(shell.terminal);
  try {
    const { judges, differences } = await judgesOf(header, directory, { signal });
    const others = [...differences, ...differentDataset(header.dataset, dataset)];
    if (others.length > 0) return others;
    return await replayRecord(record, { dataset, stored, judges }, { signal }, (done) => {
      const total = record.records.length;
      display.show({ label: 'replaying', done, total, unit: 'images', rate: 0, remainingSeconds: undefined });
    });
  } catch (thrown) {
    throw signal.aborted ? new Interrupted() : thrown;
  } finally {
    display.clear();
  }
}

function differentDataset(
  recorded: { readonly name: string; readonly sha256: string; readonly samples: number },
  { digest, length }: { readonly digest: string; readonly length: number },
): readonly Difference[] {
  const found = { name: recorded.name, sha256: digest, samples: length };
  return differentEntries('header.dataset.', recorded, found);
}

function summaryTable({ header, records }: OpenedRecord): string {
  const { budget, encoders, dataset } = header;
  const counts = summarize(records, budget.norm);
  const share = (successes: number): string => formatProportion(proportion(successes, records.length));
  const rows = [
    ['attack', `${header.attack}, ${budget.norm} ${budget.epsilon}`],
    ['encoder', encoders.map(({ name, sha256 }) => `${name} (${sha256.slice(0, 12)})`).join(', ')],
    ['images', `${counts.samples} of ${dataset.name}`],
    ['accuracy, clean', share(counts.cleanCorrect)],
    ['robust accuracy', share(counts.robust)],
    ['robust accuracy, 8-bit images', share(counts.robustUint8)],
    ['outside the budget', String(counts.budgetViolations)],
    ['differences', '0'],
  ];
  return formatTable([{ heading: 'replayed' }, { heading: '', align: 'right' }], rows);
}
