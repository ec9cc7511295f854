import type { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import type { Handler } from '@parallax/rpc';

/** Says that the process runs. */
export function serverLive(): Handler<GRPCInferenceServiceService, 'serverLive'> {
  return async () => ({ live: true });
}
