import {
  InferTensorContents,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@parallax/proto/inference/grpc_predict_v2';
import { encodeTensor, type Tensor, toNumbers } from '@parallax/tensor';
import type { ServedEncoder } from '../encoders/encoder-library.ts';
import type { InferTask } from './parse-infer.ts';

/** The answer, in the form of the question: raw bytes for raw bytes, numbers for numbers. */
export function inferMessage(
  { modelName, id }: ModelInferRequest,
  { bundleDigest }: ServedEncoder,
  { outputs, isRaw }: InferTask,
  tensors: readonly Tensor[],
): ModelInferResponse {
  return {
    modelName,
    modelVersion: bundleDigest,
    id,
    parameters: {},
    outputs: tensors.map((tensor, index) => ({
      name: outputs[index] ?? '',
      datatype: encodeTensor(tensor).datatype,
      shape: tensor.dims.map(BigInt),
      parameters: {},
      contents: isRaw ? undefined : { ...InferTensorContents.create(), fp32Contents: toNumbers(tensor) },
    })),
    rawOutputContents: isRaw ? tensors.map((tensor) => encodeTensor(tensor).contents) : [],
  };
}
