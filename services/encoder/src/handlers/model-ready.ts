import { NotFoundError } from '@parallax/config';
import type { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import type { Handler } from '@parallax/rpc';
import { openVersion } from '../inference/served-tensors.ts';
import type { Service } from '../service.ts';

/** Says whether an encoder can serve. An unknown one cannot, which is no error. */
export function modelReady({ library }: Service): Handler<GRPCInferenceServiceService, 'modelReady'> {
  return async ({ name, version }) => {
    try {
      await openVersion(library, name, version);
      return { ready: true };
    } catch (error) {
      if (error instanceof NotFoundError) return { ready: false };
      throw error;
    }
  };
}
