import { type DescMethod, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { InputError } from '@parallax/config';
import { describeMethod, schema } from '../schema.ts';
import { blame } from './blame.ts';

/** What generated code says of a method, as far as translation needs it. */
export interface GeneratedMethod<Request, Response> {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: Response) => Buffer;
}

/**
 * Messages of one method in the JSON form that the protobuf specification defines: lowerCamelCase names, enums by name,
 * 64-bit integers as text, instants as RFC 3339, bytes as base64. Fields at their default are written too; an absent
 * message or `optional` field is left out.
 */
export interface JsonMethod<Request, Response> {
  readonly description: DescMethod;
  /** @throws InputError that names the field to blame. */
  parseRequest(json: JsonValue): Request;
  renderResponse(response: Response): JsonValue;
}

/** Creates the JSON form of a method. */
export function createJsonMethod<Request, Response>(
  method: GeneratedMethod<Request, Response>,
): JsonMethod<Request, Response> {
  const description = describeMethod(method.path);
  return {
    description,
    parseRequest: (json) => {
      const bytes = toBinary(description.input, decode(description, json));
      return method.requestDeserialize(Buffer.from(bytes));
    },
    renderResponse: (response) => {
      const message = fromBinary(description.output, method.responseSerialize(response));
      return toJson(description.output, message, { alwaysEmitImplicit: true, registry: schema() });
    },
  };
}

function decode({ input }: DescMethod, json: JsonValue) {
  try {
    return fromJson(input, json, { registry: schema() });
  } catch (cause) {
    throw new InputError([blame(input, json)], { cause });
  }
}
