import { InputError } from '@parallax/config';

const grammar = /^[a-z0-9-]{1,63}$/;

/** @throws InputError when the text cannot be the name of an encoder. */
export function parseEncoderName(name: string, field: string): string {
  if (grammar.test(name)) return name;
  throw new InputError([{ field, expected: '1-63 characters of [a-z0-9-]', got: JSON.stringify(name) }]);
}
