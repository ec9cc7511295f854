import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { encoderMessage } from '../encoders/encoder-message.ts';
import type { Service } from '../service.ts';

/** Returns one encoder. */
export function getEncoder({ registry, library }: Service): Handler<EncoderServiceService, 'getEncoder'> {
  return async ({ name }) => {
    const registered = await registry.get(name);
    const { manifest, card } = await library.describe(registered.bundleDigest);
    return { encoder: encoderMessage(registered, manifest, card) };
  };
}
