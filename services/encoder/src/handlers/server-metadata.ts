import type { GRPCInferenceServiceService } from '@parallax/proto/inference/grpc_predict_v2';
import type { Handler } from '@parallax/rpc';
import manifest from '../../package.json' with { type: 'json' };

/** Names the server and its version. */
export function serverMetadata(): Handler<GRPCInferenceServiceService, 'serverMetadata'> {
  return async () => ({ name: 'parallax-encoder', version: manifest.version, extensions: [] });
}
