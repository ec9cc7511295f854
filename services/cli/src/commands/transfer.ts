import { randomUUID } from 'node:crypto';
import { Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { Plan, PlannedAttack, PlannedEncoder } from '@parallax/proto/parallax/experiment/v1/plan';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { z } from 'zod';
import { addAttackOptions, attackFields, attackSpec, objectiveOf } from '../options/attack.ts';
import { integer, names } from '../options/fields.ts';
import { parseOptions } from '../options/parse-options.ts';
import { writeReport } from '../results/report.ts';
import { printResults } from '../results/tables.ts';
import { followExperiment } from '../runs/follow-experiment.ts';
import type { Shell } from '../shell.ts';

const maxSamples = 100_000;

/** Attacks that say themselves how many gradients they average. */
const bringsDraws: ReadonlySet<string> = new Set(['autoattack-rand']);

const optionsSchema = z.object({
  ...attackFields,
  encoders: names('encoders'),
  dataset: z.string().regex(/^[^:]+$/, 'a source such as cifar10, whose :train and :test are used'),
  samples: integer(1, maxSamples),
  ownHead: z.boolean().default(false),
  out: z.string().min(1).optional(),
});

/** `parallax transfer`: the transfer matrix of encoders that exist. */
export function addTransfer(program: Command, shell: Shell): void {
  const command = program
    .command('transfer')
    .description('attack each of several encoders, and ask all of them about all that was found')
    .requiredOption('--encoders <a,b,c>', 'encoders: the rows and columns of the matrix')
    .requiredOption(
      '--dataset <source>',
      'cifar10 or shapes: heads are fitted on its training, all else is its test images',
    )
    .option('--samples <n>', 'test images attacked', '200')
    .option('--own-head', 'judge by the encoders’ own heads, in place of linear probes')
    .option('--out <file>', 'write all results as JSON');
  addAttackOptions(command, 'default: 1, of autoattack-rand 20').action(async (typed) =>
    transfer(parseOptions(optionsSchema, typed), shell),
  );
}

async function transfer(options: z.output<typeof optionsSchema>, shell: Shell): Promise<void> {
  const config = await shell.config();
  using client = createClient(ExperimentServiceService, config.experiment);
  const request = { plan: planOf(options), requestId: randomUUID() };
  const { experiment } = await client.createExperiment(request, { signal: shell.signal });
  const done = await followExperiment(client, experiment?.run?.id ?? '', shell);
  printResults(done, shell.terminal);
  if (options.out !== undefined) await writeReport(done, options.out, shell.terminal);
}

function planOf(options: z.output<typeof optionsSchema>): Plan {
  const { encoders, dataset, samples, ownHead, seed, batch, attack } = options;
  const plan = Plan.create({
    title: `Transfer of ${attack} between ${encoders.join(', ')}`,
    trainDataset: { name: `${dataset}:train` },
    testDataset: { name: `${dataset}:test` },
    attackSamples: samples,
    batchSize: batch ?? 0,
    seed,
  });
  const { draws = bringsDraws.has(attack) ? undefined : 1 } = options;
  const spec = attackSpec({ ...options, draws }, Selection.TRANSFER);
  return {
    ...plan,
    encoders: encoders.map((name) => existing(name, ownHead)),
    attacks: [{ ...PlannedAttack.create({ name: attack }), attack: spec, objective: objectiveOf(options) }],
  };
}

function existing(name: string, useOwnHead: boolean): PlannedEncoder {
  return PlannedEncoder.create({ name, source: { $case: 'existing', value: { name } }, useOwnHead });
}
