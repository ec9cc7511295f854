import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { encoderMessage } from '../encoders/encoder-message.ts';
import { parsePage, renderPageToken } from '../requests/parse-page.ts';
import type { Service } from '../service.ts';

/** Returns one page of encoders, by name. */
export function listEncoders({ registry, library }: Service): Handler<EncoderServiceService, 'listEncoders'> {
  return async (request) => {
    const { size, after } = parsePage(request);
    const found = await registry.list({ size: size + 1, after });
    const shown = found.slice(0, size);
    const encoders = shown.map(async (registered) => {
      const { manifest, card } = await library.describe(registered.bundleDigest);
      return encoderMessage(registered, manifest, card);
    });
    const nextPageToken = found.length > size ? renderPageToken(shown.at(-1)?.name ?? '') : '';
    return { encoders: await Promise.all(encoders), nextPageToken };
  };
}
