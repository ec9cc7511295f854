import { randomUUID } from 'node:crypto';
import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { type ProbeRun, ProbeRunSpec, type ProbeSource } from '@parallax/proto/parallax/probe/v1/probe_run';
import { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { z } from 'zod';
import { integer, seed } from '../options/fields.ts';
import { parseOptions } from '../options/parse-options.ts';
import { followRun } from '../runs/follow-run.ts';
import { resources } from '../runs/resources.ts';
import type { Shell } from '../shell.ts';
import { formatProportion } from '../terminal/percent.ts';

const maxEpochs = 10_000;

const optionsSchema = z.object({
  encoder: z.string().min(1).optional(),
  dataset: z.string().regex(/^[^:]+$/, 'a source such as cifar10, whose :train and :test are used'),
  epochs: integer(1, maxEpochs).optional(),
  seed: seed(),
});

/** `parallax probe`: fits a linear head on a frozen encoder, or on raw pixels, and evaluates it. */
export function addProbe(program: Command, shell: Shell): void {
  program
    .command('probe')
    .description('fit a linear head on a frozen encoder and evaluate it')
    .option('--encoder <name>', 'encoder; default: none, the head is fitted on raw pixels')
    .requiredOption('--dataset <source>', 'cifar10 or shapes: fitted on its training, tested on its test images')
    .option('--epochs <n>', 'passes over the training images')
    .option('--seed <n>', 'seed of initialisation, order and noise', '0')
    .action(async (typed) => probe(parseOptions(optionsSchema, typed), shell));
}

async function probe(options: z.output<typeof optionsSchema>, shell: Shell): Promise<void> {
  const config = await shell.config();
  using client = createClient(ProbeServiceService, config.probe);
  const request = { spec: specOf(options), requestId: randomUUID() };
  const { probeRun } = await client.createProbeRun(request, { signal: shell.signal });
  const id = probeRun?.run?.id ?? '';
  const subject = options.encoder ?? 'raw pixels';
  const { result } = await followRun<ProbeRun>(
    {
      what: `probing ${subject}`,
      watch: (signal) => resources(client.watchProbeRun({ id }, { signal }), (response) => response.probeRun),
      cancel: () => client.cancelProbeRun({ id }),
      runOf: ({ run }) => run,
    },
    shell,
  );
  shell.terminal.print(
    `${subject}: test ${formatProportion(result?.testAccuracy)}, training ${formatProportion(result?.trainAccuracy)}\n` +
      `head: ${result?.headDigest}`,
  );
}

function specOf({ encoder, dataset, epochs, seed: seedValue }: z.output<typeof optionsSchema>): ProbeRunSpec {
  const source: ProbeSource['source'] =
    encoder === undefined
      ? { $case: 'rawPixels', value: {} }
      : { $case: 'encoder', value: EncoderRef.create({ name: encoder }) };
  const spec = ProbeRunSpec.create({
    trainDataset: { name: `${dataset}:train` },
    testDataset: { name: `${dataset}:test` },
    recipe: epochs === undefined ? {} : { epochs },
    seed: seedValue,
  });
  return { ...spec, source: { source } };
}
