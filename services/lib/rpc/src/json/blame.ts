import { type DescField, type DescMessage, fromJson, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import { describeValue, type Violation } from '@parallax/config';

/** Names the smallest part of a JSON value that keeps it from being a message. The whole must not decode. */
export function blame(message: DescMessage, json: JsonValue): Violation {
  return find(message, json, []);
}

type Path = readonly (string | number)[];

function find(message: DescMessage, json: JsonValue, path: Path): Violation {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return violation(path, 'an object', json);
  for (const [key, value] of Object.entries(json)) {
    if (decodes(message, { [key]: value })) continue;
    const field = message.fields.find(({ jsonName, name }) => key === jsonName || key === name);
    if (field === undefined) return violation([...path, key], 'no such field', value);
    return findInField(field, value, [...path, key]);
  }
  // Every member is fine by itself, so two of them exclude each other.
  return violation(path, `at most one of ${message.oneofs.map(membersOf).join(', at most one of ')}`, json);
}

function findInField(field: DescField, json: JsonValue, path: Path): Violation {
  if (field.fieldKind === 'message') return find(field.message, json, path);
  if (field.fieldKind === 'list' && Array.isArray(json)) return findInList(field, json, path);
  return violation(path, expectationOf(field), json);
}

function findInList(field: DescField & { fieldKind: 'list' }, elements: JsonValue[], path: Path): Violation {
  const index = elements.findIndex((element) => !decodes(field.parent, { [field.jsonName]: [element] }));
  const element = elements[index] ?? null;
  const place = [...path, index];
  return field.listKind === 'message'
    ? find(field.message, element, place)
    : violation(place, kindOf(field.listKind === 'enum' ? field.enum : field.scalar), element);
}

function decodes(message: DescMessage, json: JsonValue): boolean {
  try {
    fromJson(message, json);
    return true;
  } catch {
    return false;
  }
}

function expectationOf(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return 'a list';
    case 'map':
      return 'an object with a value for each key';
    case 'message':
      return 'an object';
    default:
      return kindOf(field.fieldKind === 'enum' ? field.enum : field.scalar);
  }
}

function kindOf(type: ScalarType | { readonly values: readonly { readonly name: string }[] }): string {
  if (typeof type === 'object') return `one of ${type.values.map(({ name }) => name).join(', ')}`;
  return scalarKinds[type] ?? ScalarType[type].toLowerCase();
}

const scalarKinds: { readonly [T in ScalarType]?: string } = {
  [ScalarType.DOUBLE]: 'a number',
  [ScalarType.FLOAT]: 'a number',
  [ScalarType.INT32]: 'an integer of 32 bits',
  [ScalarType.INT64]: 'an integer of 64 bits',
  [ScalarType.BOOL]: 'true or false',
  [ScalarType.STRING]: 'a text',
  [ScalarType.BYTES]: 'bytes in base64',
};

function membersOf({ fields }: { readonly fields: readonly DescField[] }): string {
  return fields.map(({ jsonName }) => jsonName).join(', ');
}

function violation(path: Path, expected: string, value: JsonValue): Violation {
  return { field: path.join('.') || 'body', expected, got: describeValue(value) };
}
