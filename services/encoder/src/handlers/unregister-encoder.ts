import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import type { Service } from '../service.ts';

/** Forgets a name; the artifacts stay. */
export function unregisterEncoder({ registry }: Service): Handler<EncoderServiceService, 'unregisterEncoder'> {
  return async ({ name }) => {
    await registry.unregister(name);
    return {};
  };
}
