import type { PlannedRpc } from '@parallax/proto/planned-rpcs';
import { RpcError } from './rpc-error.ts';

/**
 * The handler of an RPC that is part of the contract but not built yet. Only RPCs listed as planned can have it, so the
 * list cannot lie.
 */
export function unimplemented(rpc: PlannedRpc): () => never {
  return () => {
    throw new RpcError('UNIMPLEMENTED', `${rpc} is part of the contract but not implemented by this server yet`, {
      reason: 'NOT_IMPLEMENTED',
      facts: { rpc },
    });
  };
}
