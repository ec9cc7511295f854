import { type DescField, type DescMessage, type JsonObject, type JsonValue, ScalarType } from '@bufbuild/protobuf';

/**
 * Writes query parameters as the JSON form of a message: `pageSize=10`, `filter.attack=pgd` for a field of a field, a
 * repeated parameter for a repeated field, `true` or `false` for a bool. Nothing is checked: what does not fit is left
 * for the decoder to blame.
 */
export function parseQuery(message: DescMessage, query: URLSearchParams): JsonObject {
  const json: JsonObject = {};
  for (const key of new Set(query.keys())) assign(json, message, key.split('.'), query.getAll(key));
  return json;
}

function assign(json: JsonObject, message: DescMessage, path: readonly string[], texts: readonly string[]): void {
  const [key = '', ...rest] = path;
  const field = message.fields.find(({ jsonName, name }) => key === jsonName || key === name);
  if (rest.length === 0) {
    define(json, key, jsonOf(field, texts));
    return;
  }
  const inner: JsonObject = {};
  const existing = Object.hasOwn(json, key) ? json[key] : undefined;
  Object.assign(inner, existing);
  if (field?.fieldKind === 'message') assign(inner, field.message, rest, texts);
  define(json, key, inner);
}

/** Unlike an assignment, never calls a setter: a parameter may be named `__proto__`. */
function define(json: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(json, key, { value, enumerable: true, configurable: true, writable: true });
}

function jsonOf(field: DescField | undefined, texts: readonly string[]): JsonValue {
  const values = texts.map((text) => (isBoolean(field) ? (booleans.get(text) ?? text) : text));
  return field?.fieldKind === 'list' ? values : (values.at(-1) ?? '');
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

function isBoolean(field: DescField | undefined): boolean {
  return field?.fieldKind === 'scalar' && field.scalar === ScalarType.BOOL;
}
