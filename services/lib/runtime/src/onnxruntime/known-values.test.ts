import { describeKnownValues } from '../known-values/known-values.contract.ts';
import { createOnnxRuntimeEngine } from './engine.ts';

describeKnownValues(() => createOnnxRuntimeEngine({ workers: 1 }));
