import type { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import type { Handler } from '@parallax/rpc';

/** Says that calls are accepted: this one is. */
export function serverReady(): Handler<GRPCInferenceServiceService, 'serverReady'> {
  return async () => ({ ready: true });
}
