import type { EngineReport } from './engine-report.ts';
import { diagnoseOnnxRuntime } from './onnxruntime.ts';
import { diagnoseTfjs } from './tfjs.ts';

export type { EngineReport } from './engine-report.ts';

/** Tries every engine on a small graph, whether it is bundled or an optional package that may be installed. */
export async function diagnoseEngines(): Promise<readonly EngineReport[]> {
  return [...(await diagnoseOnnxRuntime()), ...(await diagnoseTfjs())];
}
