import type { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import type { Handler } from '@parallax/rpc';
import { inputName, type OutputName, openVersion, outputsOf } from '../inference/served-tensors.ts';
import type { Service } from '../service.ts';

/** Length of an axis that may have any. */
const anyLength = -1n;

/** Describes the tensors of an encoder. */
export function modelMetadata({ library }: Service): Handler<GRPCInferenceServiceService, 'modelMetadata'> {
  return async ({ name, version }) => {
    const encoder = await openVersion(library, name, version);
    const { inputShape, featureDimension, classes } = encoder.manifest;
    const lengths: { readonly [O in OutputName]: number } = { features: featureDimension, logits: classes };
    const tensor = (of: string, dims: readonly number[]) => {
      return { name: of, datatype: 'FP32', shape: [anyLength, ...dims.map(BigInt)] };
    };
    return {
      name,
      versions: [encoder.bundleDigest],
      platform: 'onnx_parallax',
      inputs: [tensor(inputName, inputShape)],
      outputs: outputsOf(encoder).map((output) => tensor(output, [lengths[output]])),
    };
  };
}
