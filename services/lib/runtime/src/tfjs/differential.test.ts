import { describe } from 'vitest';
import { describeDifferential, describeModels } from '../differential/differential.contract.ts';
import { createOnnxRuntimeEngine } from '../onnxruntime/engine.ts';
import { createTfjsEngine } from './engine.ts';

describe.each(['cpu', 'wasm'] as const)('tfjs on %s against onnxruntime', (backend) => {
  for (const describeAgreement of [describeDifferential, describeModels]) {
    describeAgreement(
      () => createTfjsEngine({ backend }),
      () => createOnnxRuntimeEngine({ workers: 1 }),
    );
  }
});
