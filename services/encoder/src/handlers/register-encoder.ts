import { InputError, parseAll } from '@parallax/config';
import { notImplemented, paradigmMessages, paradigmName } from '@parallax/messages';
import type {
  EncoderServiceService,
  RegisterEncoderRequest_Header as Header,
  RegisterEncoderRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { encoderMessage } from '../encoders/encoder-message.ts';
import { parseEncoderName } from '../requests/parse-encoder-name.ts';
import type { Service } from '../service.ts';

const rpc = 'parallax.encoder.v1.EncoderService/RegisterEncoder';

/** Registers a bundle that is in the artifact store. Importing ONNX files is not implemented yet. */
export function registerEncoder(service: Service): Handler<EncoderServiceService, 'registerEncoder'> {
  return async (requests) => {
    const { name, bundleDigest } = parseHeader(await firstHeader(requests), service);
    const { manifest, card } = await service.library.describe(bundleDigest);
    if (manifest.paradigm !== service.paradigm) {
      throw refused('header.bundle_digest', `a bundle of paradigm ${service.paradigm}`, manifest.paradigm);
    }
    const registered = await service.registry.register(name, bundleDigest);
    return { encoder: encoderMessage(registered, manifest, card), notes: [] };
  };
}

/** The header, which comes first; nothing else may follow the header of a bundle. */
async function firstHeader(requests: AsyncIterable<RegisterEncoderRequest>): Promise<Header> {
  let header: Header | undefined;
  for await (const { message } of requests) {
    if (header === undefined && message?.$case === 'header') {
      header = message.value;
      if (header.bundleDigest === '')
        throw notImplemented(rpc, 'importing an ONNX file (a header without bundle_digest)');
      continue;
    }
    if (header === undefined) throw refused('header', 'the header as the first message', message?.$case ?? 'nothing');
    throw refused(message?.$case ?? 'message', 'nothing after the header of a bundle', 'a further message');
  }
  if (header === undefined) throw refused('header', 'a header', 'nothing');
  return header;
}

function parseHeader(header: Header, { paradigm }: Service): { readonly name: string; readonly bundleDigest: string } {
  return parseAll({
    name: () => parseEncoderName(header.name, 'header.name'),
    paradigm: () => {
      if (header.paradigm === paradigmMessages[paradigm]) return paradigm;
      throw refused(
        'header.paradigm',
        `${paradigm}, the paradigm served here`,
        paradigmName(header.paradigm) ?? 'none',
      );
    },
    bundleDigest: () => header.bundleDigest,
  });
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
