import { createHash } from 'node:crypto';
import { InputError } from '@parallax/config';
import type { Announcement } from './parse-import.ts';

/** Largest piece of a file in one message. */
const mostChunkBytes = 4 * 1024 * 1024;

/**
 * Puts the pieces of a file together. No more is ever held than was announced.
 * @throws InputError when they are of other sizes, do not add up to what was announced, or have another sha256.
 */
export async function receiveModel(
  chunks: AsyncIterable<Uint8Array>,
  { sizeBytes, sha256 }: Announcement,
): Promise<Uint8Array> {
  // The system gives memory to the pages that are written, so an announcement alone costs nothing.
  const model = new Uint8Array(sizeBytes);
  let received = 0;
  for await (const chunk of chunks) {
    if (chunk.length < 1 || chunk.length > mostChunkBytes) {
      throw refused('chunk', `1 to ${mostChunkBytes} bytes`, `${chunk.length}`);
    }
    if (received + chunk.length > sizeBytes) {
      throw refused('chunk', `${sizeBytes} bytes in all, as the header says`, `at least ${received + chunk.length}`);
    }
    model.set(chunk, received);
    received += chunk.length;
  }
  if (received < sizeBytes) throw refused('chunk', `${sizeBytes} bytes in all, as the header says`, `${received}`);
  const digest = createHash('sha256').update(model).digest('hex');
  if (sha256 !== '' && digest !== sha256) throw refused('header.sha256', `that of the bytes sent, ${digest}`, sha256);
  return model;
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
