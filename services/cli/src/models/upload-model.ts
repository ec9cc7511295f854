import { createHash } from 'node:crypto';
import type {
  RegisterEncoderRequest_Header as Header,
  RegisterEncoderRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';

const chunkBytes = 4 * 1024 * 1024;

/** A header and the bytes it announces, as the messages of `RegisterEncoder`. */
export async function* uploadModel(header: Header, bytes: Uint8Array): AsyncGenerator<RegisterEncoderRequest> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const value = { ...header, sizeBytes: BigInt(bytes.length), sha256 };
  yield { message: { $case: 'header', value } };
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    yield { message: { $case: 'chunk', value: Buffer.from(bytes.subarray(at, at + chunkBytes)) } };
  }
}
