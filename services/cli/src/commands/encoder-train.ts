import { randomUUID } from 'node:crypto';
import { InputError } from '@parallax/config';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { RecipeSize, type TrainingRun, TrainingRunSpec } from '@parallax/proto/parallax/encoder/v1/training_run';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { z } from 'zod';
import { collect, seed, settings, settingsByName } from '../options/fields.ts';
import { paradigmMessage, paradigmNames } from '../options/paradigms.ts';
import { parseOptions } from '../options/parse-options.ts';
import { followRun } from '../runs/follow-run.ts';
import { resources } from '../runs/resources.ts';
import type { Shell } from '../shell.ts';
import { formatDuration } from '../terminal/progress-line.ts';

const sizes = { tiny: RecipeSize.TINY, small: RecipeSize.SMALL, paper: RecipeSize.PAPER } as const;

const optionsSchema = z.object({
  paradigm: z.enum(paradigmNames),
  size: z.enum(Object.keys(sizes) as (keyof typeof sizes)[]),
  dataset: z.string().min(1),
  name: z.string().min(1),
  seed: seed(),
  set: settings().default([]),
});

/** `parallax encoder train`: trains an encoder by a recipe, and registers it. */
export function addEncoderTrain(encoder: Command, shell: Shell): void {
  encoder
    .command('train')
    .description('train an encoder by the recipe of a paradigm, and register it')
    .requiredOption('--paradigm <name>', `one of ${paradigmNames.join(', ')}`)
    .option('--size <name>', `one of ${Object.keys(sizes).join(', ')}`, 'tiny')
    .requiredOption('--dataset <name>', 'training images, such as cifar10:train')
    .requiredOption('--name <name>', 'name to register it under')
    .option('--seed <n>', 'seed of initialisation, order and augmentation', '0')
    .option('--set <setting=value>', 'a setting of the recipe, such as epochs=5; may be repeated', collect)
    .action(async (typed) => train(parseOptions(optionsSchema, typed), shell));
}

async function train(options: z.output<typeof optionsSchema>, shell: Shell): Promise<void> {
  const { name, paradigm } = options;
  const { encoders } = await shell.config();
  const address = encoders.get(paradigm);
  if (address === undefined) {
    throw new InputError([
      { field: '--paradigm', expected: `one of ${[...encoders.keys()].join(', ')}`, got: paradigm },
    ]);
  }
  using client = createClient(EncoderServiceService, address);
  const request = { spec: specOf(options), requestId: randomUUID() };
  const { trainingRun } = await client.createTrainingRun(request, { signal: shell.signal });
  const id = trainingRun?.run?.id ?? '';
  const done = await followRun<TrainingRun>(
    {
      what: `training ${name}`,
      watch: (signal) => resources(client.watchTrainingRun({ id }, { signal }), (response) => response.trainingRun),
      cancel: () => client.cancelTrainingRun({ id }),
      runOf: ({ run }) => run,
    },
    shell,
  );
  shell.terminal.print(describe(done));
}

function specOf({
  name,
  paradigm,
  size,
  dataset,
  seed: seedValue,
  set,
}: z.output<typeof optionsSchema>): TrainingRunSpec {
  return TrainingRunSpec.create({
    name,
    paradigm: paradigmMessage(paradigm),
    size: sizes[size],
    dataset: { name: dataset },
    seed: seedValue,
    overrides: settingsByName(set),
  });
}

function describe({ spec, result }: TrainingRun): string {
  const how =
    result?.reused === true ? 'was trained before' : `trained in ${formatDuration(result?.trainSeconds ?? 0)}`;
  const loss = result?.metrics === undefined ? '' : `, last loss ${result.metrics.loss.toPrecision(4)}`;
  return `${spec?.name}: ${how}${loss}, bundle ${result?.bundleDigest.slice(0, 12)}`;
}
