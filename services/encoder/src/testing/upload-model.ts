import { createHash } from 'node:crypto';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import {
  RegisterEncoderRequest_Header as Header,
  type RegisterEncoderRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';

/** How a file is sent. */
export interface Upload {
  /** What the header says otherwise, or besides. */
  readonly header?: Partial<Header>;
  readonly chunkBytes?: number;
  /** Files that come after the model. */
  readonly others?: readonly Uint8Array[];
}

/** A model of supervised learning, as the messages of `RegisterEncoder`. */
export async function* uploadModel(
  name: string,
  bytes: Uint8Array,
  { header = {}, chunkBytes = 1000, others = [] }: Upload = {},
): AsyncGenerator<RegisterEncoderRequest> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const base = Header.create({ name, paradigm: Paradigm.SL, sizeBytes: BigInt(bytes.length), sha256 });
  yield { message: { $case: 'header', value: { ...base, ...header } } };
  for (const file of [bytes, ...others]) {
    for (let at = 0; at < file.length; at += chunkBytes) {
      yield { message: { $case: 'chunk', value: Buffer.from(file.subarray(at, at + chunkBytes)) } };
    }
  }
}
