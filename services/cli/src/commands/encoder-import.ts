import { InputError } from '@parallax/config';
import { type Encoder, type Preprocessing, PreprocessingGradient } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  EncoderServiceService,
  RegisterEncoderRequest_Header as Header,
  RegisterEncoderRequest_OutputKind as OutputKind,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { z } from 'zod';
import { readModel } from '../models/read-model.ts';
import { readPreprocessing } from '../models/read-preprocessing.ts';
import { uploadModel } from '../models/upload-model.ts';
import { addModelOptions, modelFields } from '../options/model.ts';
import { formatParadigm, paradigmMessage, paradigmNames } from '../options/paradigms.ts';
import { parseOptions } from '../options/parse-options.ts';
import type { Shell } from '../shell.ts';
import { formatTable } from '../terminal/table.ts';

const optionsSchema = z.object({
  ...modelFields,
  name: z.string().min(1),
  paradigm: z.enum(paradigmNames),
  architecture: z.string().default(''),
  preprocess: z.string().min(1).optional(),
  preprocessGradient: z.string().min(1).optional(),
  json: z.boolean().default(false),
});

const outputs = { logits: OutputKind.LOGITS, features: OutputKind.FEATURES } as const;
/** A large model is sent, folded and looked at in minutes. */
const deadlineMs = 30 * 60_000;

/** `parallax encoder import`: makes an encoder of an ONNX file. */
export function addEncoderImport(encoder: Command, shell: Shell): void {
  const command = encoder
    .command('import')
    .description('import an ONNX file as an encoder: layout, logits and features are found out')
    .argument('<model.onnx>', 'the file; data files beside it are sent with it')
    .requiredOption('--name <name>', 'name to register it under')
    .option('--paradigm <name>', `one of ${paradigmNames.join(', ')}`, 'sl')
    .option('--architecture <words>', 'for display')
    .option('--preprocess <p.onnx>', 'what images go through before they are normalised')
    .option('--preprocess-gradient <what>', 'its gradient: exact, identity, or that of a file s.onnx (default: exact)')
    .option('--json', 'print the card as JSON');
  addModelOptions(command).action(async (file: string, typed) =>
    importModel(file, parseOptions(optionsSchema, typed), shell),
  );
}

async function importModel(file: string, options: z.output<typeof optionsSchema>, shell: Shell): Promise<void> {
  const { encoders } = await shell.config();
  const address = encoders.get(options.paradigm);
  if (address === undefined) {
    const expected = `one of ${[...encoders.keys()].join(', ')}`;
    throw new InputError([{ field: '--paradigm', expected, got: options.paradigm }]);
  }
  const bytes = await readModel(file);
  const before = await readPreprocessing(options);
  using client = createClient(EncoderServiceService, address);
  const messages = uploadModel(headerOf(options), bytes, before);
  const { encoder, notes } = await client.registerEncoder(messages, { signal: shell.signal, deadlineMs });
  if (encoder === undefined) return;
  if (options.json) {
    shell.terminal.print(JSON.stringify({ encoder: asJson(encoder), notes }, undefined, 2));
    return;
  }
  shell.terminal.print(cardTable(encoder));
  for (const note of notes) shell.terminal.print(`note: ${note}`);
}

function headerOf(options: z.output<typeof optionsSchema>): Header {
  const { name, paradigm, architecture, output, inputShape } = options;
  return {
    ...Header.create({ name, paradigm: paradigmMessage(paradigm), architecture }),
    output: output === undefined ? OutputKind.UNSPECIFIED : outputs[output],
    logitsTensor: options.logitsTensor ?? '',
    featuresTensor: options.featuresTensor ?? '',
    inputMean: options.inputMean,
    inputDeviation: options.inputStd,
    inputShape: inputShape ?? [],
  };
}

/** Whole numbers of 64 bits as JSON numbers, which hold all that occur here. */
function asJson(encoder: Encoder): unknown {
  const text = JSON.stringify(encoder, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  return JSON.parse(text) as unknown;
}

/** All that is known of an encoder, a line each. */
function cardTable(encoder: Encoder): string {
  const { provenance, operators } = encoder;
  const rows = [
    ['encoder', encoder.name],
    ['paradigm', formatParadigm(encoder.paradigm)],
    ['architecture', encoder.architecture],
    ['images', `[${encoder.inputShape.join(', ')}] in [0, 1]`],
    ['features', String(encoder.featureDimension)],
    ['classes', encoder.classes === 0 ? 'none: no head of its own' : String(encoder.classes)],
    ['parameters', encoder.parameters.toLocaleString('en-US')],
    ['multiply-adds an image', encoder.macs.toLocaleString('en-US')],
    ['operators', operators.map(({ operator, count }) => `${operator} ${count}`).join(', ')],
    ['differentiable', encoder.differentiable ? 'yes' : `no: ${encoder.gradientBlocker} lets no gradient through`],
    ['file', `sha256 ${provenance?.sourceSha256}`],
    ['', `operator set ${provenance?.sourceOpset}, written by ${provenance?.sourceProducer || 'an unnamed program'}`],
    ...preprocessingRows(encoder.preprocessing),
    ['bundle', encoder.bundleDigest],
  ];
  return formatTable([{ heading: 'imported' }, { heading: '' }], rows);
}

/** The preprocessing of an encoder, and what attacks take for its gradient. */
function preprocessingRows(preprocessing: Preprocessing | undefined): readonly (readonly [string, string])[] {
  if (preprocessing === undefined) return [];
  const { sourceSha256, gradient, surrogateSha256 } = preprocessing;
  const taken = {
    [PreprocessingGradient.IDENTITY]: 'that of the identity (BPDA)',
    [PreprocessingGradient.SURROGATE]: `that of a surrogate (BPDA), sha256 ${surrogateSha256}`,
  } as Readonly<Record<number, string>>;
  return [
    ['preprocessing', `sha256 ${sourceSha256}`],
    ['', `gradient: ${taken[gradient] ?? 'its own'}`],
  ];
}
