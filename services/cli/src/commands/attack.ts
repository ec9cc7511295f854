import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeRecords } from '@parallax/attacks';
import { getImageSet } from '@parallax/datasets';
import { type AttackRunResult, AttackRunSpec, AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { type ArtifactStore, openFolderArtifactStore } from '@parallax/store';
import type { Command } from 'commander';
import { z } from 'zod';
import { addAttackOptions, attackFields, attackSpec, objectiveOf } from '../options/attack.ts';
import { names } from '../options/fields.ts';
import { parseOptions } from '../options/parse-options.ts';
import { classTable, diagnosticsTable, summaryTable } from '../results/attack-tables.ts';
import { runAttack } from '../runs/run-attack.ts';
import type { Shell } from '../shell.ts';

const optionsSchema = z.object({
  ...attackFields,
  encoder: names('encoders'),
  head: z.string().optional(),
  dataset: z.string().min(1),
  out: z.string().min(1).optional(),
});

/** `parallax attack`: looks for adversarial examples and verifies them. */
export function addAttack(program: Command, shell: Shell): void {
  const command = program
    .command('attack')
    .description('attack one encoder, or several together, and verify what was found')
    .requiredOption('--encoder <a,b>', 'encoders attacked, together when several')
    .requiredOption('--dataset <name>', 'images, such as cifar10:test:0-200')
    .option('--head <digest>', 'head that judges, fitted by `parallax probe`; default: the encoder’s own')
    .option('--out <file>', 'write one record an image, as JSON lines');
  addAttackOptions(command).action(async (typed) => attack(parseOptions(optionsSchema, typed), shell));
}

async function attack(options: z.output<typeof optionsSchema>, shell: Shell): Promise<void> {
  const result = await runAttack(specOf(options), shell);
  if (result?.summary === undefined) return;
  const { home } = await shell.config();
  const artifacts = await openFolderArtifactStore(path.join(home, 'artifacts'));
  const { print, note } = shell.terminal;
  print(summaryTable(result.summary));
  print(`\n${diagnosticsTable(result.summary.diagnostics)}`);
  // The artifacts of services that run elsewhere are not at hand.
  if (await artifacts.has(result.recordDigest)) print(`\n${await classesOf(result, artifacts)}`);
  print(`\nadversarial set: artifact:${result.adversarialSetDigest}`);
  if (options.out === undefined) return;
  await writeFile(options.out, await artifacts.get(result.recordDigest));
  note(`records: ${options.out}`);
}

async function classesOf(
  { adversarialSetDigest, recordDigest }: AttackRunResult,
  artifacts: ArtifactStore,
): Promise<string> {
  const { records } = decodeRecords(new TextDecoder().decode(await artifacts.get(recordDigest)));
  const { set } = await getImageSet(artifacts, adversarialSetDigest, 'any');
  return classTable(records, set.classes);
}

function specOf(options: z.output<typeof optionsSchema>): AttackRunSpec {
  const { encoder, head, dataset, seed, batch } = options;
  const source = {
    ...AttackSource.create(head === undefined ? {} : { head: { head: { $case: 'artifactDigest', value: head } } }),
    objective: objectiveOf(options),
  };
  const spec = AttackRunSpec.create({ dataset: { name: dataset }, seed, batchSize: batch ?? 0 });
  return {
    ...spec,
    sources: encoder.map((name) => ({ ...source, encoder: EncoderRef.create({ name }) })),
    attack: attackSpec(options, Selection.VERDICT),
  };
}
