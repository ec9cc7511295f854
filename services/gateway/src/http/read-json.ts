import type { JsonValue } from '@bufbuild/protobuf';
import { describeValue, InputError } from '@parallax/config';
import type { Context } from 'hono';

/** Reads the JSON body of a request; an empty body is an empty object. @throws InputError when it is not JSON. */
export async function readJson(c: Context): Promise<JsonValue> {
  const text = await c.req.text();
  if (text === '') return {};
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/json\b/.test(type)) throw invalid('content-type', 'application/json', type);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw invalid('body', 'JSON', text.slice(0, 40), cause);
  }
}

function invalid(field: string, expected: string, got: string, cause?: unknown): InputError {
  return new InputError([{ field, expected, got: describeValue(got) }], { cause });
}
