import { describeGradients } from '../gradients/gradients.contract.ts';
import { createOnnxRuntimeEngine } from './engine.ts';

describeGradients(() => createOnnxRuntimeEngine({ workers: 1 }));
