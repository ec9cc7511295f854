import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '@parallax/config';
import { dataSearchPaths, openDataset } from '@parallax/datasets';
import { NotDifferentiableError } from '@parallax/graph';
import { type AdaptedModel, adaptModel, type ImageShape, type ImportSettings } from '@parallax/paradigms';
import {
  agreementFailures,
  checkModel,
  compareEngines,
  createOnnxRuntimeEngine,
  type Engine,
  type EngineAgreement,
  gradientFailures,
  type ModelCheck,
} from '@parallax/runtime';
import { float32, type Tensor, uniform } from '@parallax/tensor';
import type { Command } from 'commander';
import { z } from 'zod';
import { FailedCheck } from '../errors/failed-check.ts';
import { readModel } from '../models/read-model.ts';
import { openSecondEngine } from '../models/second-engine.ts';
import { integer, positive } from '../options/fields.ts';
import { addModelOptions, modelFields } from '../options/model.ts';
import { parseOptions } from '../options/parse-options.ts';
import { gradientReport } from '../results/gradient-report.ts';
import type { Shell } from '../shell.ts';
import { createProgressDisplay } from '../terminal/progress-display.ts';

/** onnxruntime computes what is checked; the others are compared with it. */
const engines = ['onnxruntime', 'tfjs', 'tfjs-wasm'] as const;
const backends = { tfjs: 'cpu', 'tfjs-wasm': 'wasm' } as const;

const optionsSchema = z.object({
  ...modelFields,
  out: z.string().min(1).optional(),
  samples: integer(1, 256),
  dataset: z.string().min(1).optional(),
  tolerance: positive('a number greater than 0, such as 1e-3').optional(),
  precision: z.enum(['float32', 'float64']),
  engine: z.enum(engines),
});

type Options = z.output<typeof optionsSchema>;

/** `parallax grad-check`: compares the gradient of a model with differences of what it computes. */
export function addGradCheck(program: Command, shell: Shell): void {
  const command = program
    .command('grad-check')
    .description('check the gradient of any ONNX model against finite differences, per operator and as a whole')
    .argument('<model.onnx>', 'the file; data files beside it are read with it')
    .option('--out <file>', 'write all that was found, as JSON')
    .option('--samples <n>', 'images looked at', '4')
    .option('--dataset <name>', 'images, such as cifar10:test; default: noise')
    .option('--tolerance <t>', 'largest error; default: 1e-6 in float64, 1e-3 of a float32 gradient')
    .option(
      '--precision <type>',
      'what the gradient of the whole is computed in: float32, as attacks do, or float64',
      'float32',
    )
    .option(
      '--engine <name>',
      'onnxruntime; or tfjs, tfjs-wasm: compare the whole on that engine as well',
      'onnxruntime',
    );
  addModelOptions(command).action(async (file: string, typed) =>
    check(file, parseOptions(optionsSchema, typed), shell),
  );
}

async function check(file: string, options: Options, shell: Shell): Promise<void> {
  const started = performance.now();
  const model = adaptModel(await readModel(file), settingsOf(options));
  const images = await imagesOf(options, model.shape, shell);
  const engine = createOnnxRuntimeEngine({ workers: 1 });
  try {
    const found = await checkWithProgress(engine, model, images, options, shell);
    const agreement = await compareWithSecond(engine, model, images, options);
    const failures = [
      ...gradientFailures(found, options.tolerance),
      ...(agreement === undefined ? [] : agreementFailures(agreement, options.tolerance)),
    ];
    const seconds = (performance.now() - started) / 1000;
    const { graph: _, ...described } = model;
    shell.terminal.print(gradientReport(found, agreement, model.notes, seconds));
    if (options.out !== undefined) {
      const { samples, dataset = 'noise', tolerance, engine: name } = options;
      const asked = { model: path.basename(file), engine: name, samples, dataset, ...(tolerance && { tolerance }) };
      const outcome = { passed: failures.length === 0, failures, seconds, ...found, ...(agreement && { agreement }) };
      await writeFile(options.out, `${JSON.stringify({ ...asked, ...described, ...outcome }, undefined, 2)}\n`);
    }
    if (failures.length > 0) throw new FailedCheck(failures);
  } finally {
    await engine.close();
  }
}

function settingsOf({
  inputMean,
  inputStd,
  inputShape,
  output,
  logitsTensor,
  featuresTensor,
}: Options): ImportSettings {
  return {
    mean: inputMean,
    deviation: inputStd,
    architecture: '',
    ...(inputShape && { inputShape: inputShape as unknown as ImageShape }),
    ...(output && { output }),
    ...(logitsTensor && { logitsTensor }),
    ...(featuresTensor && { featuresTensor }),
  };
}

/** The first images of a dataset, or noise in [0, 1]. */
async function imagesOf({ dataset, samples }: Options, shape: ImageShape, shell: Shell): Promise<Tensor<'float32'>> {
  const size = shape.reduce((product, length) => product * length, 1);
  if (dataset === undefined) {
    return float32([samples, ...shape], uniform({ seed: 0, purpose: 'grad-check.images' }, samples * size));
  }
  const { dataDir } = await shell.config();
  const opened = await openDataset(dataset, { searchPaths: dataSearchPaths(dataDir) });
  if (opened.shape.some((length, axis) => length !== shape[axis])) {
    const expected = `images [${shape.join(', ')}], as the model takes`;
    throw new InputError([{ field: '--dataset', expected, got: `${dataset} with [${opened.shape.join(', ')}]` }]);
  }
  return opened.images(Array.from({ length: Math.min(samples, opened.length) }, (_, index) => index));
}

async function checkWithProgress(
  engine: Engine,
  { graph }: AdaptedModel,
  images: Tensor,
  { precision }: Options,
  { terminal, signal }: Shell,
): Promise<ModelCheck> {
  const display = createProgressDisplay(terminal);
  try {
    return await checkModel(engine, graph, images, {
      precision,
      signal,
      onProgress: ({ stage, done, total }) => {
        const label = `checking ${stage}`;
        display.show({ label, done, total, unit: 'parts', rate: 0, remainingSeconds: undefined });
      },
    });
  } catch (error) {
    if (error instanceof NotDifferentiableError) throw new FailedCheck([`no gradient: ${error.message}`]);
    throw error;
  } finally {
    display.clear();
  }
}

/** The whole model on the second engine asked for, if one is. @throws FailedCheck when that cannot compute it. */
async function compareWithSecond(
  engine: Engine,
  { graph }: AdaptedModel,
  images: Tensor,
  options: Options,
): Promise<EngineAgreement | undefined> {
  if (options.engine === 'onnxruntime') return undefined;
  const second = await openSecondEngine(backends[options.engine]);
  try {
    return await compareEngines(engine, second, graph, images);
  } catch (error) {
    // The engine is a bundle of its own, with an error class of its own.
    if (error instanceof Error && error.name === 'RuntimeError')
      throw new FailedCheck([`${second.name}: ${error.message}`]);
    throw error;
  } finally {
    await second.close();
  }
}
