import { createHash } from 'node:crypto';
import type { PreprocessingGradient } from '@parallax/proto/parallax/encoder/v1/encoder';
import type {
  RegisterEncoderRequest_Header as Header,
  RegisterEncoderRequest_PreprocessingFiles as PreprocessingFiles,
  RegisterEncoderRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';

const chunkBytes = 4 * 1024 * 1024;

/** What a model's images go through before, and what stands for its gradient. */
export interface PreprocessingUpload {
  readonly model: Uint8Array;
  readonly gradient: PreprocessingGradient;
  /** With gradient SURROGATE alone. */
  readonly surrogate: Uint8Array | undefined;
}

/** A header and the bytes of the files it announces, as the messages of `RegisterEncoder`. */
export async function* uploadModel(
  header: Header,
  bytes: Uint8Array,
  before?: PreprocessingUpload,
): AsyncGenerator<RegisterEncoderRequest> {
  const preprocessing = before && announcementOf(before);
  const value = { ...header, sizeBytes: BigInt(bytes.length), sha256: sha256(bytes), preprocessing };
  yield { message: { $case: 'header', value } };
  for (const file of [bytes, before?.model, before?.surrogate]) {
    for (let at = 0; file !== undefined && at < file.length; at += chunkBytes) {
      yield { message: { $case: 'chunk', value: Buffer.from(file.subarray(at, at + chunkBytes)) } };
    }
  }
}

function announcementOf({ model, gradient, surrogate }: PreprocessingUpload): PreprocessingFiles {
  return {
    sizeBytes: BigInt(model.length),
    sha256: sha256(model),
    gradient,
    surrogateSizeBytes: BigInt(surrogate?.length ?? 0),
    surrogateSha256: surrogate === undefined ? '' : sha256(surrogate),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
