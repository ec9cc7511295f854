import { InputError, parseAll } from '@parallax/config';
import type { ImageShape, ImportSettings, PreprocessingSettings } from '@parallax/paradigms';
import { PreprocessingGradient as Gradient } from '@parallax/proto/parallax/encoder/v1/encoder';
import {
  type RegisterEncoderRequest_Header as Header,
  RegisterEncoderRequest_OutputKind as OutputKind,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';

/** What is announced of a file before its bytes come. */
export interface Announcement {
  /** Of the file, in the header. */
  readonly sha256Field: string;
  readonly sizeBytes: number;
  /** Empty when not given. */
  readonly sha256: string;
}

/** Largest ONNX file: what a protobuf message may have. */
export const mostModelBytes = 2 ** 31;
/** Longest side of an image. */
const mostPixels = 2 ** 14;

const outputs: { readonly [kind in OutputKind]?: ImportSettings['output'] } = {
  [OutputKind.LOGITS]: 'logits',
  [OutputKind.FEATURES]: 'features',
};

/** The files of an import, in the order in which they come. */
export interface Announcements {
  readonly model: Announcement;
  readonly preprocessing?: Announcement;
  readonly surrogate?: Announcement;
}

/** The part of a header that describes files. @throws InputError naming every bad field. */
export function parseAnnouncements({ sizeBytes, sha256, preprocessing }: Header): Announcements {
  const model = () => parseAnnouncement('', sizeBytes, sha256);
  if (preprocessing === undefined) return parseAll({ model });
  const { surrogateSizeBytes, surrogateSha256, ...own } = preprocessing;
  const first = { model, preprocessing: () => parseAnnouncement('preprocessing.', own.sizeBytes, own.sha256) };
  const surrogate = () => parseAnnouncement('preprocessing.surrogate_', surrogateSizeBytes, surrogateSha256);
  if (own.gradient === Gradient.SURROGATE) return parseAll({ ...first, surrogate });
  if (surrogateSizeBytes === 0n) return parseAll(first);
  const expected = '0, as the gradient is not SURROGATE';
  throw refused('preprocessing.surrogate_size_bytes', expected, `${surrogateSizeBytes}`);
}

function parseAnnouncement(prefix: string, sizeBytes: bigint, sha256: string): Announcement {
  const sha256Field = `${prefix}sha256`;
  return parseAll({
    sha256Field: () => sha256Field,
    sizeBytes: () => {
      if (sizeBytes >= 1n && sizeBytes <= BigInt(mostModelBytes)) return Number(sizeBytes);
      throw refused(`${prefix}size_bytes`, `1 to ${mostModelBytes}, the size of the file in bytes`, `${sizeBytes}`);
    },
    sha256: () => {
      if (/^([0-9a-f]{64})?$/.test(sha256)) return sha256;
      throw refused(sha256Field, '64 lower-case hexadecimal digits', JSON.stringify(sha256));
    },
  });
}

/** What stands for the gradient of a preprocessing; `surrogate` is the file that came for it. */
export function preprocessingGradient(
  gradient: Gradient | undefined,
  surrogate: Uint8Array | undefined,
): PreprocessingSettings['gradient'] {
  if (surrogate !== undefined) return { kind: 'surrogate', model: surrogate };
  return { kind: gradient === Gradient.IDENTITY ? 'identity' : 'exact' };
}

/** The part of a header that says what the model is. @throws InputError naming every bad field. */
export function parseSettings(header: Header): ImportSettings {
  const { inputMean, inputDeviation, inputShape, logitsTensor, featuresTensor, architecture } = header;
  const output = outputs[header.output];
  const parsed = parseAll({
    mean: () => {
      if (inputMean.every(Number.isFinite)) return inputMean;
      throw refused('input_mean', 'finite numbers', inputMean.join(', '));
    },
    deviation: () => {
      if (inputDeviation.every((value) => Number.isFinite(value) && value > 0)) return inputDeviation;
      throw refused('input_deviation', 'finite numbers greater than 0', inputDeviation.join(', '));
    },
    shape: () => parseShape(inputShape),
  });
  return {
    mean: parsed.mean,
    deviation: parsed.deviation,
    architecture: architecture === '' ? 'imported' : architecture,
    ...(parsed.shape && { inputShape: parsed.shape }),
    ...(output && { output }),
    ...(logitsTensor !== '' && { logitsTensor }),
    ...(featuresTensor !== '' && { featuresTensor }),
  };
}

function parseShape(shape: readonly number[]): ImageShape | undefined {
  if (shape.length === 0) return undefined;
  const isShape = shape.length === 3 && shape.every((length) => length >= 1 && length <= mostPixels);
  if (isShape) return shape as unknown as ImageShape;
  throw refused('input_shape', `channels, height, width, each from 1 to ${mostPixels}`, `[${shape.join(', ')}]`);
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field: `header.${field}`, expected, got }]);
}
