import { describeBatchInvariance } from '../batch-invariance/batch-invariance.contract.ts';
import { createOnnxRuntimeEngine } from './engine.ts';

describeBatchInvariance(() => createOnnxRuntimeEngine({ workers: 1 }));
