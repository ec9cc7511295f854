/** A file in a tar archive. */
export interface TarEntry {
  /** Path within the archive. */
  readonly path: string;
  readonly content: Uint8Array;
}

const blockBytes = 512;

/**
 * The regular files of a tar archive (POSIX ustar), in order, from its bytes in pieces of any size. Only files whose path
 * passes `wanted` are kept in memory.
 * @throws TarError when the archive is damaged or ends early.
 */
export async function* readTar(
  pieces: AsyncIterable<Uint8Array>,
  wanted: (path: string) => boolean,
): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new BlockReader(pieces);
  for (;;) {
    const header = await reader.take(blockBytes);
    // The end is marked by blocks of zeros, which some writers leave out.
    if (header === undefined || header.every((byte) => byte === 0)) return;
    const { path, size, isFile } = parseHeader(header);
    const isWanted = isFile && wanted(path);
    const content = isWanted ? await reader.take(size) : await reader.skip(size);
    await reader.skip((blockBytes - (size % blockBytes)) % blockBytes);
    if (isWanted) yield { path, content: content ?? new Uint8Array() };
  }
}

/** The archive is not a tar archive, or was cut off. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** Fields of a header: offset and length in bytes, after POSIX.1-1988 (ustar). */
const fields = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  prefix: [345, 155],
} as const;

function parseHeader(header: Uint8Array): { path: string; size: number; isFile: boolean } {
  const text = (field: keyof typeof fields) => {
    const [offset, length] = fields[field];
    return (
      Buffer.from(header.subarray(offset, offset + length))
        .toString('utf8')
        .split('\0')[0] ?? ''
    );
  };
  const octal = (field: keyof typeof fields) => Number.parseInt(text(field).trim(), 8);
  const size = octal('size');
  if (octal('checksum') !== checksum(header))
    throw new TarError('expected a tar header, got one with a wrong checksum');
  if (!Number.isSafeInteger(size)) throw new TarError(`expected an octal size, got "${text('size')}"`);
  const prefix = text('prefix');
  const path = prefix ? `${prefix}/${text('name')}` : text('name');
  return { path, size, isFile: text('type') === '0' || text('type') === '' };
}

/** The sum of the header's bytes, those of the sum itself counted as spaces. */
function checksum(header: Uint8Array): number {
  const [start, length] = fields.checksum;
  const space = 0x20;
  return header.reduce((sum, byte, index) => sum + (index >= start && index < start + length ? space : byte), 0);
}

/** Cuts a stream of pieces of any size into pieces of the size asked for. */
class BlockReader {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes, exactly so many; undefined at the end of the stream. */
  async take(length: number): Promise<Uint8Array | undefined> {
    const target = new Uint8Array(length);
    const taken = await this.consume(length, (piece, offset) => target.set(piece, offset));
    if (taken === 0 && length > 0) return undefined;
    if (taken < length) throw new TarError(`expected ${length} bytes more, got the end after ${taken}`);
    return target;
  }

  async skip(length: number): Promise<undefined> {
    const skipped = await this.consume(length, () => undefined);
    if (skipped < length) throw new TarError(`expected ${length} bytes more, got the end after ${skipped}`);
  }

  /** Gives the next `length` bytes piece by piece; returns how many there were. */
  private async consume(length: number, use: (piece: Uint8Array, offset: number) => void): Promise<number> {
    let done = 0;
    while (done < length) {
      if (this.rest.length === 0) {
        const next = await this.pieces.next();
        if (next.done) break;
        this.rest = next.value;
      }
      const piece = this.rest.subarray(0, length - done);
      use(piece, done);
      this.rest = this.rest.subarray(piece.length);
      done += piece.length;
    }
    return done;
  }
}
