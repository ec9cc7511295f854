import { readFile } from 'node:fs/promises';
import { InputError } from '@parallax/config';
import type { NamedFile } from '@parallax/datasets';

/** The bytes of the file that an option names. @throws InputError when it cannot be read. */
export async function readNamedFile(option: string, name: string): Promise<NamedFile> {
  const bytes = await readFile(name).catch((cause: unknown) => {
    throw new InputError([{ field: option, expected: 'a file that can be read', got: name }], { cause });
  });
  return { name, bytes };
}
