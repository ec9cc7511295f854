import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { describeValue, InputError } from '@parallax/config';
import type { CallOptions, Service } from '@parallax/rpc';
import { createJsonMethod, type GeneratedMethod } from '@parallax/rpc';
import type { Context, Handler } from 'hono';
import { parseQuery } from '../http/parse-query.ts';
import { readJson } from '../http/read-json.ts';
import { answerOf, type Upstream } from '../upstream/upstream.ts';

/** Methods of a service that answer with one message. */
export type UnaryName<S extends Service> = {
  [Name in keyof S & string]: S[Name] extends { readonly requestStream: false; readonly responseStream: false }
    ? Name
    : never;
}[keyof S & string];

/**
 * A route that is one call: body, query and path parameters make up the request, path parameters counting most, and the
 * response is the answer. Everything the call means is documented in the contracts.
 */
export function forward<S extends Service>(upstream: Upstream<S>, name: UnaryName<S>): Handler {
  const method: GeneratedMethod<unknown, never> | undefined = upstream.service[name];
  if (method === undefined) throw new Error(`${name}: expected a method of the ${upstream.name}`);
  const { parseRequest, renderResponse, description } = createJsonMethod(method);
  // Client and service have the same keys and, key by key, the same messages; `never` fits the messages of any method.
  const call = upstream.client[name] as (request: unknown, options: CallOptions) => Promise<never>;
  return async (c) => {
    const query = parseQuery(description.input, new URL(c.req.url).searchParams);
    const request = parseRequest({ ...asObject(await readJson(c)), ...query, ...parametersOf(c) });
    const response = await answerOf(upstream, call(request, { signal: c.req.raw.signal }));
    return c.json(renderResponse(response));
  };
}

function parametersOf(c: Context): JsonObject {
  return c.req.param() as Record<string, string>;
}

function asObject(json: JsonValue): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw new InputError([{ field: 'body', expected: 'an object', got: describeValue(json) }]);
}
