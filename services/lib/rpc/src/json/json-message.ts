import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { schema } from '../schema.ts';

/** What generated code says of a message, as far as translation needs it. */
export interface GeneratedMessage<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/**
 * A message in the JSON form that the protobuf specification defines, to be kept where people may look: lowerCamelCase
 * names, enums by name, 64-bit integers as text. Fields at their default are left out.
 */
export interface JsonMessage<Message> {
  /** @throws Error when the JSON is not what `render` gives. */
  parse(json: JsonValue): Message;
  render(message: Message): JsonValue;
}

/** Creates the JSON form of a message by its full name, such as `parallax.experiment.v1.Plan`. */
export function createJsonMessage<Message>(name: string, generated: GeneratedMessage<Message>): JsonMessage<Message> {
  const description = describeMessage(name);
  const registry = schema();
  return {
    parse: (json) => generated.decode(toBinary(description, fromJson(description, json, { registry }))),
    render: (message) => toJson(description, fromBinary(description, generated.encode(message).finish()), { registry }),
  };
}

function describeMessage(name: string): DescMessage {
  const description = schema().getMessage(name);
  if (description === undefined) throw new TypeError(`message: expected one of the contracts, got ${name}`);
  return description;
}
