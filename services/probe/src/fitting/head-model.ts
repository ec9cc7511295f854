import { add, constant, createGraph, encodeModel, input, matMul } from '@parallax/graph';
import type { LinearHead } from './training-data.ts';

/** A head as an ONNX model: `features` FP32 [N, F] → `logits` FP32 [N, K]. */
export function encodeHead({ weight, bias }: LinearHead): Uint8Array {
  const [count = 0] = weight.dims;
  const features = input('features', ['N', count]);
  const logits = add(matMul(features, constant(weight)), constant(bias));
  return encodeModel(createGraph([features], { logits }));
}
