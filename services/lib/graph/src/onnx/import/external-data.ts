import type { Message } from '../wire.ts';
import { ImportError, shown } from './import-error.ts';
import { tensorLabel } from './tensors.ts';

/** Bytes of a file beside the model. */
export type ExternalFile = (location: string) => Uint8Array;

/**
 * Reads tensors that are kept beside the model. The location is a relative path that stays beside it; offset and length
 * must lie inside the file, which is read once.
 */
export function externalReader(
  readFile: ExternalFile | undefined,
  bytesLeft: number,
): (tensor: Message<'TensorProto'>) => Uint8Array {
  const files = new Map<string, Uint8Array>();
  let left = bytesLeft;
  return (tensor) => {
    const what = tensorLabel(tensor.name);
    const entries = new Map((tensor.externalData ?? []).map(({ key = '', value = '' }) => [key, value]));
    const location = checkedLocation(what, entries.get('location') ?? '');
    if (readFile === undefined) throw new ImportError(`${what}: expected data in the model, got external data`);
    const file = files.get(location) ?? readFile(location);
    if (!files.has(location)) left -= file.byteLength;
    if (left < 0) throw new ImportError(`external data: expected at most ${bytesLeft} bytes, got more`);
    files.set(location, file);
    const offset = count(what, 'offset', entries.get('offset') ?? '0');
    const length = count(what, 'length', entries.get('length') ?? `${Math.max(0, file.byteLength - offset)}`);
    if (offset + length > file.byteLength) {
      throw new ImportError(
        `${what}: expected bytes ${offset} to ${offset + length} of ${shown(location)}, which has ${file.byteLength}`,
      );
    }
    return file.subarray(offset, offset + length);
  };
}

/** @throws ImportError unless the location is a plain relative path below the folder of the model. */
function checkedLocation(what: string, location: string): string {
  const parts = location.split('/');
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (location === '' || !plain || /[\\\0:]/.test(location)) {
    throw new ImportError(
      `${what}: location: expected a path beside the model, got ${JSON.stringify(shown(location))}`,
    );
  }
  return location;
}

function count(what: string, field: string, text: string): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) {
    throw new ImportError(`${what}: ${field}: expected a whole number, got ${JSON.stringify(shown(text))}`);
  }
  return number;
}
