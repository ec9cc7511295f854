import { readFileSync, realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '@parallax/config';
import { embedExternalData, ImportError } from '@parallax/graph';

/** Largest ONNX file together with the data beside it. */
const mostBytes = 2 ** 31;

/**
 * Reads an ONNX file; tensors that are kept in files beside it are put into it. `field` is what errors call it.
 * @throws InputError when a file cannot be read, is too large or no ONNX model, or is named outside the model's folder.
 */
export async function readModel(file: string, field = 'model'): Promise<Uint8Array> {
  const refused = refusedFor(field);
  const bytes = await readWhole(file, refused);
  const folder = realpathSync(path.dirname(file));
  try {
    return embedExternalData(bytes, (location) => readBeside(folder, location, refused), mostBytes);
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    throw refused('an ONNX model', error.message.replace(/^import: /, `${file}: `), error);
  }
}

async function readWhole(file: string, refused: Refused): Promise<Uint8Array> {
  const found = await stat(file).catch((error: unknown) => {
    throw refused('a file that can be read', file, error);
  });
  if (!found.isFile()) throw refused('a file', `${file}, which is none`);
  if (found.size > mostBytes) throw refused(`at most ${mostBytes} bytes`, `${file} with ${found.size}`);
  return readFile(file).catch((error: unknown) => {
    throw refused('a file that can be read', file, error);
  });
}

/** A file in the model's own folder or below; links that lead out of it are followed nowhere. */
function readBeside(folder: string, location: string, refused: Refused): Uint8Array {
  const named = path.join(folder, location);
  try {
    const real = realpathSync(named);
    if (!real.startsWith(folder + path.sep))
      throw refused('data beside the model', `${location}, which leads to ${real}`);
    return readFileSync(real);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refused('data beside the model', `${named}, which cannot be read`, error);
  }
}

type Refused = (expected: string, got: string, cause?: unknown) => InputError;

function refusedFor(field: string): Refused {
  return (expected, got, cause) => new InputError([{ field, expected, got }], { cause });
}
