import { RpcError } from '@parallax/rpc';

/** The error of whoever asks for a part of an RPC that is in the contracts but not built yet. */
export function notImplemented(rpc: string, part: string): RpcError {
  return new RpcError(
    'UNIMPLEMENTED',
    `${part} is part of the contract of ${rpc} but not implemented by this server yet`,
    {
      reason: 'NOT_IMPLEMENTED',
      facts: { rpc, part },
    },
  );
}
