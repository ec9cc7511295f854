import { InputError, parseAll } from '@parallax/config';
import { paradigmMessages, paradigmName } from '@parallax/messages';
import type {
  EncoderServiceService,
  RegisterEncoderRequest_Header as Header,
  RegisterEncoderRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { encoderMessage } from '../encoders/encoder-message.ts';
import { importModel, type NamedEncoder } from '../importing/import-model.ts';
import { parseAnnouncements, parseSettings, preprocessingGradient } from '../importing/parse-import.ts';
import { receiveFiles } from '../importing/receive-model.ts';
import { parseEncoderName } from '../requests/parse-encoder-name.ts';
import type { Service } from '../service.ts';

type Messages = AsyncIterator<RegisterEncoderRequest>;

/** Registers a bundle that is in the artifact store, or imports an ONNX model and registers what it becomes. */
export function registerEncoder(service: Service): Handler<EncoderServiceService, 'registerEncoder'> {
  return async (requests) => {
    const messages = requests[Symbol.asyncIterator]();
    const header = await headerOf(messages);
    const name = parseName(header, service);
    const isBundle = header.bundleDigest !== '';
    const register = isBundle ? registerBundle : importFile;
    const { registered, notes } = await register(name, header, messages, service);
    const { manifest, card } = await service.library.describe(registered.bundleDigest);
    return { encoder: encoderMessage(registered, manifest, card), notes };
  };
}

/** The header, which comes first. */
async function headerOf(messages: Messages): Promise<Header> {
  const first = await messages.next();
  const message = first.done === true ? undefined : first.value.message;
  if (message?.$case === 'header') return message.value;
  throw refused('header', 'the header as the first message', message?.$case ?? 'nothing');
}

function parseName(header: Header, { paradigm }: Service): string {
  const { name } = parseAll({
    name: () => parseEncoderName(header.name, 'header.name'),
    paradigm: () => {
      if (header.paradigm === paradigmMessages[paradigm]) return paradigm;
      const got = paradigmName(header.paradigm) ?? 'none';
      throw refused('header.paradigm', `${paradigm}, the paradigm served here`, got);
    },
  });
  return name;
}

async function registerBundle(
  name: string,
  header: Header,
  messages: Messages,
  service: Service,
): Promise<NamedEncoder> {
  const next = await messages.next();
  if (next.done !== true) {
    const field = next.value.message?.$case ?? 'message';
    throw refused(field, 'nothing after the header of a bundle', 'a further message');
  }
  const { manifest } = await service.library.describe(header.bundleDigest);
  if (manifest.paradigm !== service.paradigm) {
    throw refused('header.bundle_digest', `a bundle of paradigm ${service.paradigm}`, manifest.paradigm);
  }
  return { registered: await service.registry.register(name, header.bundleDigest), notes: [] };
}

async function importFile(name: string, header: Header, messages: Messages, service: Service): Promise<NamedEncoder> {
  const { announcements, settings } = parseAll({
    announcements: () => parseAnnouncements(header),
    settings: () => parseSettings(header),
  });
  const { model, preprocessing, surrogate } = await receiveFiles(chunksOf(messages), announcements);
  const gradient = preprocessingGradient(header.preprocessing?.gradient, surrogate);
  const before = preprocessing && { preprocessing: { model: preprocessing, gradient } };
  return importModel(name, model, { ...settings, ...before }, service);
}

async function* chunksOf(messages: Messages): AsyncGenerator<Uint8Array> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const { message } = next.value;
    if (message?.$case !== 'chunk') throw refused(message?.$case ?? 'message', 'a chunk of the file', 'something else');
    yield message.value;
  }
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
