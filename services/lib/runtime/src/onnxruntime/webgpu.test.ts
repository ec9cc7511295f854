import { existsSync } from 'node:fs';
import process from 'node:process';
import { describe } from 'vitest';
import { describeModels } from '../differential/differential.contract.ts';
import { diagnoseOnnxRuntime } from '../doctor/onnxruntime.ts';
import { describeEngine } from '../engine.contract.ts';
import { createOnnxRuntimeEngine } from './engine.ts';

/** The software adapter that browsers bring. */
const browserAdapters = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'].map(
  (folder) => `${folder}/vk_swiftshader_icd.json`,
);

async function hasAdapter(): Promise<boolean> {
  return (await diagnoseOnnxRuntime(['webgpu'])).some(({ ready }) => ready);
}

async function findAdapter(): Promise<boolean> {
  if (await hasAdapter()) return true;
  const found = browserAdapters.find((file) => existsSync(file));
  if (found === undefined) return false;
  // Read by the Vulkan loader, when it is loaded.
  process.env['VK_ICD_FILENAMES'] = found;
  return hasAdapter();
}

describe.skipIf(!(await findAdapter()))('onnxruntime on WebGPU (skipped where no Vulkan adapter is found)', () => {
  describeEngine(() => createOnnxRuntimeEngine({ provider: 'webgpu' }), { speed: 0.005 });
  describeModels(
    () => createOnnxRuntimeEngine({ provider: 'webgpu' }),
    () => createOnnxRuntimeEngine({ workers: 1 }),
  );
});
