import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeRecords } from '@parallax/attacks';
import { InputError } from '@parallax/config';
import { getImageSet } from '@parallax/datasets';
import { type AttackRunResult, AttackRunSpec } from '@parallax/proto/parallax/attack/v1/attack_run';
import { Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { Direction } from '@parallax/proto/parallax/objective/v1/objective';
import { type ArtifactStore, openFolderArtifactStore } from '@parallax/store';
import type { Command } from 'commander';
import { z } from 'zod';
import { addAttackOptions, attackFields, attackSpec, objectiveOf } from '../options/attack.ts';
import { addImageOptions, datasetOf, imageFields } from '../options/images.ts';
import { parseOptions } from '../options/parse-options.ts';
import { addSourceOptions, placementOf, sourceFields, sourcesOf } from '../options/sources.ts';
import { targetFields, targets } from '../options/targets.ts';
import { attackPlot } from '../plots/attack-plot.ts';
import { classTable, diagnosticsTable, summaryTable } from '../results/attack-tables.ts';
import { headTable } from '../results/head-table.ts';
import { runAttack } from '../runs/run-attack.ts';
import type { Shell } from '../shell.ts';
import { parseRecordHeader } from '../verification/record-header.ts';

const selections = {
  verdict: Selection.VERDICT,
  distance: Selection.DISTANCE,
  transfer: Selection.TRANSFER,
} as const;
const selectionNames = Object.keys(selections) as (keyof typeof selections)[];

const optionsSchema = z.object({
  ...attackFields,
  ...imageFields,
  ...sourceFields,
  selection: z.enum(selectionNames),
  targets: targets().optional(),
  diagnose: z.boolean().default(false),
  out: z.string().min(1).optional(),
  plot: z.string().min(1).optional(),
});

/** `parallax attack`: looks for adversarial examples and verifies them. */
export function addAttack(program: Command, shell: Shell): void {
  const command = program
    .command('attack')
    .description('attack one encoder, or several together, and verify what was found')
    .option(
      '--selection <what>',
      'verdict: until an image breaks; distance: the nearest that breaks; transfer: all steps on all images',
      'verdict',
    )
    .option(
      '--targets <rule>',
      'push toward classes: least-likely, random, a list such as 3,5,0, or a .npy file of them',
    )
    .option('--diagnose', 'compare with other attacks on the first 64 images, to see whether this one works')
    .option('--out <file>', 'write one record an image, as JSON lines')
    .option('--plot <file.svg>', 'draw robust accuracy over the steps or, with --selection distance, over the radius');
  addSourceOptions(command);
  addImageOptions(command);
  addAttackOptions(command, 'default: 1, of autoattack-rand 20; stochastic encoders need it').action(async (typed) =>
    attack(parseOptions(optionsSchema, typed), shell),
  );
}

async function attack(options: z.output<typeof optionsSchema>, shell: Shell): Promise<void> {
  if (options.plot !== undefined && options.selection === 'transfer') {
    const expected = 'none with --selection transfer, as images then do not break at a step';
    throw new InputError([{ field: '--plot', expected, got: options.plot }]);
  }
  const { home } = await shell.config();
  const artifacts = await openFolderArtifactStore(path.join(home, 'artifacts'));
  const dataset = await datasetOf(options, artifacts);
  const result = await runAttack(await specOf(options, dataset), shell);
  if (result?.summary === undefined) return;
  const { print, note } = shell.terminal;
  print(summaryTable(result.summary));
  print(`\n${diagnosticsTable(result.summary.diagnostics)}`);
  const { sources } = result.summary;
  if (sources.length > 0) print(`\n${headTable(options.encoder, sources)}`);
  // The artifacts of services that run elsewhere are not at hand.
  if (await artifacts.has(result.recordDigest)) print(await notesAndClasses(result, artifacts));
  print(`\nadversarial set: artifact:${result.adversarialSetDigest}`);
  for (const file of await writeFiles(options, result, artifacts)) note(file);
}

/** Writes the files that were asked for, and says which. */
async function writeFiles(
  { out, plot }: z.output<typeof optionsSchema>,
  { recordDigest }: AttackRunResult,
  artifacts: ArtifactStore,
): Promise<readonly string[]> {
  if (out === undefined && plot === undefined) return [];
  const bytes = await artifacts.get(recordDigest);
  if (out !== undefined) await writeFile(out, bytes);
  if (plot !== undefined) {
    const { header, records } = decodeRecords(new TextDecoder().decode(bytes));
    await writeFile(plot, attackPlot(parseRecordHeader(header), records));
  }
  return [...(out === undefined ? [] : [`records: ${out}`]), ...(plot === undefined ? [] : [`plot: ${plot}`])];
}

/** What the records note, and what they say of each class. */
async function notesAndClasses(
  { adversarialSetDigest, recordDigest }: AttackRunResult,
  artifacts: ArtifactStore,
): Promise<string> {
  const { header, records } = decodeRecords(new TextDecoder().decode(await artifacts.get(recordDigest)));
  const notes = Array.isArray(header['notes']) ? header['notes'].map((note) => `\nnote: ${note}`) : [];
  const { set } = await getImageSet(artifacts, adversarialSetDigest, 'any');
  return [...notes, `\n${classTable(records, set.classes)}`].join('');
}

async function specOf(options: z.output<typeof optionsSchema>, dataset: string): Promise<AttackRunSpec> {
  const { seed, batch, selection, targets: toward, diagnose } = options;
  const objective = objectiveOf(options, toward === undefined ? Direction.AWAY : Direction.TOWARD);
  const spec = AttackRunSpec.create({ dataset: { name: dataset }, seed, batchSize: batch ?? 0, diagnose });
  return {
    ...spec,
    ...(toward && (await targetFields(toward))),
    sources: sourcesOf(options, objective),
    attack: { ...attackSpec(options, selections[selection]), placement: placementOf(options) },
  };
}
