import { createHash } from 'node:crypto';
import { InputError } from '@parallax/config';
import type { Announcement, Announcements } from './parse-import.ts';

/** Largest piece of a file in one message. */
const mostChunkBytes = 4 * 1024 * 1024;

/** The files of an import. */
export interface ReceivedFiles {
  readonly model: Uint8Array;
  readonly preprocessing?: Uint8Array;
  readonly surrogate?: Uint8Array;
}

/**
 * Puts the pieces of files together, which come one after the other. No more is ever held than was announced.
 * @throws InputError when they are of other sizes, do not add up to what was announced, or have another sha256.
 */
export async function receiveFiles(
  chunks: AsyncIterator<Uint8Array>,
  { model, preprocessing, surrogate }: Announcements,
): Promise<ReceivedFiles> {
  const files = {
    model: await receiveFile(chunks, model),
    ...(preprocessing && { preprocessing: await receiveFile(chunks, preprocessing) }),
    ...(surrogate && { surrogate: await receiveFile(chunks, surrogate) }),
  };
  const further = await chunks.next();
  if (further.done === true) return files;
  const sizeBytes = [model, preprocessing, surrogate].reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0);
  throw tooLong(sizeBytes, sizeBytes + further.value.length);
}

async function receiveFile(
  chunks: AsyncIterator<Uint8Array>,
  { sizeBytes, sha256, sha256Field }: Announcement,
): Promise<Uint8Array> {
  // The system gives memory to the pages that are written, so an announcement alone costs nothing.
  const file = new Uint8Array(sizeBytes);
  let received = 0;
  while (received < sizeBytes) {
    const next = await chunks.next();
    if (next.done === true) throw refused('chunk', `${sizeBytes} bytes in all, as the header says`, `${received}`);
    const chunk = next.value;
    if (chunk.length < 1 || chunk.length > mostChunkBytes) {
      throw refused('chunk', `1 to ${mostChunkBytes} bytes`, `${chunk.length}`);
    }
    if (received + chunk.length > sizeBytes) throw tooLong(sizeBytes, received + chunk.length);
    file.set(chunk, received);
    received += chunk.length;
  }
  const digest = createHash('sha256').update(file).digest('hex');
  if (sha256 === '' || digest === sha256) return file;
  throw refused(`header.${sha256Field}`, `that of the bytes sent, ${digest}`, sha256);
}

function tooLong(sizeBytes: number, received: number): InputError {
  return refused('chunk', `${sizeBytes} bytes in all, as the header says`, `at least ${received}`);
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
