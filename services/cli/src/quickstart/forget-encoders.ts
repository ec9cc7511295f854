import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createClient, RpcError } from '@parallax/rpc';

/** Makes encoder services forget names, where they know them. What the names stood for stays in the artifact store. */
export async function forgetEncoders(addresses: Iterable<string>, names: readonly string[]): Promise<void> {
  for (const address of addresses) {
    using client = createClient(EncoderServiceService, address);
    for (const name of names) {
      await client.unregisterEncoder({ name }).catch((error: unknown) => {
        if (!(error instanceof RpcError) || error.status !== 'NOT_FOUND') throw error;
      });
    }
  }
}
