import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type AttackRun, AttackRunSpec, AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { AttackSummary } from '@parallax/proto/parallax/attack/v1/attack_summary';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { createClient } from '@parallax/rpc';
import { openFolderArtifactStore } from '@parallax/store';
import type { Command } from 'commander';
import { z } from 'zod';
import { addAttackOptions, attackFields, attackSpec, objectiveOf } from '../options/attack.ts';
import { names } from '../options/fields.ts';
import { parseOptions } from '../options/parse-options.ts';
import { followRun } from '../runs/follow-run.ts';
import { resources } from '../runs/resources.ts';
import type { Shell } from '../shell.ts';
import { formatProportion } from '../terminal/percent.ts';
import { formatTable } from '../terminal/table.ts';

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
  const config = await shell.config();
  using client = createClient(AttackServiceService, config.attack);
  const request = { spec: specOf(options), requestId: randomUUID() };
  const { attackRun } = await client.createAttackRun(request, { signal: shell.signal });
  const id = attackRun?.run?.id ?? '';
  const { result } = await followRun<AttackRun>(
    {
      what: `${options.attack} on ${options.encoder.join('+')}`,
      watch: (signal) => resources(client.watchAttackRun({ id }, { signal }), (response) => response.attackRun),
      cancel: () => client.cancelAttackRun({ id }),
      runOf: ({ run }) => run,
    },
    shell,
  );
  if (result?.summary !== undefined) shell.terminal.print(summaryTable(result.summary));
  shell.terminal.print(`adversarial set: artifact:${result?.adversarialSetDigest}`);
  if (options.out === undefined || result === undefined) return;
  const artifacts = await openFolderArtifactStore(path.join(config.home, 'artifacts'));
  await writeFile(options.out, await artifacts.get(result.recordDigest));
  shell.terminal.note(`records: ${options.out}`);
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

function summaryTable(summary: AttackSummary): string {
  const rows = [
    ['images', String(summary.samples)],
    ['accuracy, clean', formatProportion(summary.cleanCorrect)],
    ['robust accuracy', formatProportion(summary.robust)],
    ['robust accuracy, 8-bit images', formatProportion(summary.robustUint8)],
    ['outside the budget', String(summary.budgetViolations)],
    ['largest norm', summary.largestNorm.toPrecision(6)],
    ['forward passes / gradients, in images', `${summary.forward} / ${summary.backward}`],
    ['time, attack / verification', `${summary.attackSeconds.toFixed(1)} s / ${summary.verifySeconds.toFixed(1)} s`],
  ];
  return formatTable([{ heading: 'verified' }, { heading: '', align: 'right' }], rows);
}
