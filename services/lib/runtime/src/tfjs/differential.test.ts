import { describe } from 'vitest';
import { describeDifferential } from '../differential/differential.contract.ts';
import { createOnnxRuntimeEngine } from '../onnxruntime/engine.ts';
import { createTfjsEngine } from './engine.ts';

describe.each(['cpu', 'wasm'] as const)('tfjs on %s against onnxruntime', (backend) => {
  describeDifferential(
    () => createTfjsEngine({ backend }),
    () => createOnnxRuntimeEngine({ workers: 1 }),
  );
});
