import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { encodeModel } from '@parallax/graph';
import { env, listSupportedBackends } from 'onnxruntime-node';
import { createOnnxRuntimeEngine } from '../onnxruntime/engine.ts';
import type { EngineReport } from './engine-report.ts';
import { probeFeed, probeGraph, probeResult, runProbe } from './probe-graph.ts';

/** How long a provider may take to find its device, compile for it and compute. */
const probeTimeoutMs = 60_000;

const remedies: Readonly<Record<string, string>> = {
  webgpu:
    "a Vulkan driver: that of the GPU, or a software one: Chromium's (VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json), " +
    'or lavapipe of a Mesa newer than 22.3, which lacks what WebGPU asks for',
  cuda: "CUDA 12, cuDNN 9 and onnxruntime's CUDA libraries: npm rebuild onnxruntime-node --ignore-scripts=false",
  tensorrt: 'TensorRT 10 besides all that cuda needs',
};

/** The execution providers of the onnxruntime that is installed, all or those named, each tried. */
export async function diagnoseOnnxRuntime(only?: readonly string[]): Promise<readonly EngineReport[]> {
  const version = env.versions.node ?? env.versions.common;
  const reports: EngineReport[] = [];
  for (const { name, bundled } of listSupportedBackends()) {
    if (only?.includes(name) === false) continue;
    const failure = await (name === 'cpu' ? tryCpu() : tryProvider(name));
    reports.push({
      engine: `onnxruntime ${name}`,
      version,
      ready: failure === undefined,
      detail: failure ?? (bundled ? 'bundled' : 'found'),
      remedy: failure === undefined ? '' : (remedies[name] ?? ''),
    });
  }
  return reports;
}

async function tryCpu(): Promise<string | undefined> {
  return runProbe(createOnnxRuntimeEngine({ workers: 1 })).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

// A provider whose driver fails may end the process, so that it is tried in one of its own.
const script = `
const [library, model, provider, feed, expected] = process.argv.slice(1);
const { InferenceSession, Tensor } = (await import(library)).default;
const session = await InferenceSession.create(Buffer.from(model, 'base64'), { executionProviders: [provider] });
const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(JSON.parse(feed)), [2, 2]) });
const got = JSON.stringify(Array.from(y.data));
if (got !== expected) throw new Error('expected ' + expected + ', computed ' + got);
`;

async function tryProvider(provider: string): Promise<string | undefined> {
  const model = Buffer.from(encodeModel(probeGraph())).toString('base64');
  const library = import.meta.resolve('onnxruntime-node');
  const given = [library, model, provider, JSON.stringify(probeFeed), JSON.stringify(probeResult)];
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, ...given], {
    timeout: probeTimeoutMs,
  }).then(
    () => undefined,
    (error: { readonly stderr?: string; readonly signal?: string | null }) => reasonOf(error),
  );
}

/** The line of a stack trace that says what went wrong. */
function reasonOf({ stderr = '', signal }: { readonly stderr?: string; readonly signal?: string | null }): string {
  const line = stderr.split('\n').find((each) => /Error: /.test(each));
  // onnxruntime says first where in its sources a condition did not hold.
  const message = line
    ?.replace(/^.*?Error: /, '')
    .replace(/^.* was false\. /, '')
    .trim();
  return message ?? (signal ? `the process was ended by ${signal}` : 'the process failed without a message');
}
