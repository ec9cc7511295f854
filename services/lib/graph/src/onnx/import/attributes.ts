import { Buffer } from 'node:buffer';
import type { Message } from '../wire.ts';
import { ImportError, shown } from './import-error.ts';

interface Kinds {
  readonly float: number;
  readonly int: number;
  readonly string: string;
  readonly tensor: Message<'TensorProto'>;
  readonly graph: Message<'GraphProto'>;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly string[];
}

export type AttributeKind = keyof Kinds;

/** An attribute as the file gives it. */
export type Attribute = {
  readonly [K in AttributeKind]: { readonly kind: K; readonly value: Kinds[K] };
}[AttributeKind];

/** The attributes of one node, by name. Reading one as another kind than it has is an error that names it. */
export class Attributes {
  private readonly entries: ReadonlyMap<string, Attribute>;

  constructor(entries: ReadonlyMap<string, Attribute> = new Map()) {
    this.entries = entries;
  }

  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** The attribute whatever its kind. */
  attribute(name: string): Attribute | undefined {
    return this.entries.get(name);
  }

  /** @throws ImportError when the attribute is there and of another kind. */
  get<K extends AttributeKind>(name: string, kind: K): Kinds[K] | undefined {
    const found = this.entries.get(name);
    if (found === undefined) return undefined;
    if (found.kind !== kind) throw new ImportError(`attribute ${shown(name)}: expected ${kind}, got ${found.kind}`);
    return found.value as Kinds[K];
  }

  int(name: string, fallback: number): number {
    return this.get(name, 'int') ?? fallback;
  }

  string(name: string, fallback: string): string {
    return this.get(name, 'string') ?? fallback;
  }

  /** The same attributes with some changed; `undefined` takes one away. */
  with(changes: Readonly<Record<string, Attribute | undefined>>): Attributes {
    const entries = new Map(this.entries);
    for (const [name, attribute] of Object.entries(changes)) {
      if (attribute === undefined) entries.delete(name);
      else entries.set(name, attribute);
    }
    return new Attributes(entries);
  }

  without(...names: readonly string[]): Attributes {
    return this.with(Object.fromEntries(names.map((name) => [name, undefined])));
  }
}

export function intAttribute(value: number): Attribute {
  return { kind: 'int', value };
}

export function intsAttribute(value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

export function stringAttribute(value: string): Attribute {
  return { kind: 'string', value };
}

/** `AttributeProto.AttributeType` of the ONNX specification. */
const kinds: Readonly<Record<number, AttributeKind>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
};

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/**
 * The attributes of a node. Inside a function an attribute may stand for one of the call (`bound`), and is left out when
 * the call leaves that out.
 * @throws ImportError when an attribute is given twice, or is of a kind that is not known.
 */
export function readAttributes(list: readonly Message<'AttributeProto'>[], bound: Attributes | undefined): Attributes {
  const entries = new Map<string, Attribute>();
  for (const each of list) {
    const name = each.name ?? '';
    if (entries.has(name)) throw new ImportError(`attribute ${shown(name)}: expected it once, got it twice`);
    const attribute = each.refAttrName ? referred(each.refAttrName, bound) : readAttribute(name, each);
    if (attribute !== undefined) entries.set(name, attribute);
  }
  return new Attributes(entries);
}

function referred(name: string, bound: Attributes | undefined): Attribute | undefined {
  if (bound === undefined) throw new ImportError(`attribute ${shown(name)}: expected a value outside functions`);
  return bound.attribute(name);
}

function readAttribute(name: string, each: Message<'AttributeProto'>): Attribute {
  const kind = kinds[each.type ?? 0];
  switch (kind) {
    case 'float':
      return { kind, value: each.f ?? 0 };
    case 'int':
      return { kind, value: each.i ?? 0 };
    case 'string':
      return { kind, value: text(each.s ?? new Uint8Array()) };
    case 'tensor':
      return { kind, value: each.t ?? {} };
    case 'graph':
      return { kind, value: each.g ?? {} };
    case 'floats':
      return { kind, value: each.floats ?? [] };
    case 'ints':
      return { kind, value: each.ints ?? [] };
    case 'strings':
      return { kind, value: (each.strings ?? []).map(text) };
    default:
      throw new ImportError(
        `attribute ${shown(name)}: expected a number, text, list, tensor or graph, got type ${each.type ?? 'none'}`,
      );
  }
}
