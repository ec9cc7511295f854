import { uniform } from '@parallax/tensor';
import { allLists, type Field, parseMessage, writeMessage } from './wire-tree.ts';

/** Numbers from one seed, in order. */
export class Dice {
  private readonly seed: number;
  private drawn = 0;
  private numbers: ArrayLike<number> = [];

  constructor(seed: number) {
    this.seed = seed;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    const at = this.drawn % 1024;
    if (at === 0) this.numbers = uniform({ seed: this.seed, purpose: 'import.fuzz', draw: this.drawn / 1024 }, 1024);
    this.drawn++;
    return Math.min(count - 1, Math.floor((this.numbers[at] ?? 0) * count));
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }
}

type Mutation = (bytes: Uint8Array, dice: Dice) => Uint8Array;

const extremes: readonly bigint[] = [
  0n,
  1n,
  2n,
  5n,
  127n,
  1n << 16n,
  (1n << 24n) + 1n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 53n) + 1n,
  (1n << 63n) - 1n,
  1n << 63n,
  -1n,
  -2n,
];

/** A change of the structure, which leaves a well-formed message. */
function structural(change: (lists: readonly Field[][], dice: Dice) => void): Mutation {
  return (bytes, dice) => {
    const fields = parseMessage(bytes);
    if (fields === undefined) return bytes;
    change(allLists(fields), dice);
    return writeMessage(fields);
  };
}

/** One field that passes a test, at random. */
function anyField(lists: readonly Field[][], dice: Dice, wanted: (field: Field) => boolean): Field | undefined {
  return dice.pick(lists.flat().filter(wanted));
}

const isVarint = ({ value }: Field): boolean => typeof value === 'bigint';
const isText = ({ value, wire }: Field): boolean => value instanceof Uint8Array && wire === 2 && value.length < 200;
const isMessage = ({ value }: Field): boolean => Array.isArray(value);

export const mutations: Readonly<Record<string, Mutation>> = {
  'bit flips': (bytes, dice) => {
    const copy = bytes.slice();
    // Most of a model is weights; what decides stands at the ends.
    const edge = Math.min(copy.length, 4096);
    for (let flips = 1 + dice.below(8); flips > 0; flips--) {
      const at = dice.below(2) === 0 ? dice.below(edge) : copy.length - 1 - dice.below(edge);
      copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8));
    }
    return copy;
  },
  truncation: (bytes, dice) => bytes.slice(0, dice.below(bytes.length)),
  'bytes cut out': (bytes, dice) => {
    const start = dice.below(bytes.length);
    const end = Math.min(bytes.length, start + 1 + dice.below(64));
    return Uint8Array.from([...bytes.subarray(0, start), ...bytes.subarray(end)]);
  },
  'extreme number': structural((lists, dice) => {
    const field = anyField(lists, dice, isVarint);
    if (field !== undefined) field.value = dice.pick(extremes) ?? 0n;
  }),
  'several extreme numbers': structural((lists, dice) => {
    for (let times = 0; times < 6; times++) {
      const field = anyField(lists, dice, isVarint);
      if (field !== undefined) field.value = dice.pick(extremes) ?? 0n;
    }
  }),
  'extreme packed numbers': structural((lists, dice) => {
    const field = anyField(lists, dice, isText);
    if (field === undefined) return;
    const number = dice.pick(extremes) ?? 0n;
    field.value = writeMessage([{ number: 1, wire: 0, value: number }]).slice(1);
  }),
  'name for name': structural((lists, dice) => {
    const [field, other] = [anyField(lists, dice, isText), anyField(lists, dice, isText)];
    if (field !== undefined && other !== undefined) field.value = other.value;
  }),
  'field left out': structural((lists, dice) => {
    const list = dice.pick(lists);
    if (list !== undefined && list.length > 0) list.splice(dice.below(list.length), 1);
  }),
  'field twice': structural((lists, dice) => {
    const list = dice.pick(lists);
    const field = list?.[dice.below(list.length)];
    if (list !== undefined && field !== undefined) list.push(field);
  }),
  'order of fields': structural((lists, dice) => {
    const list = dice.pick(lists.filter(({ length }) => length > 2));
    if (list === undefined) return;
    const [a, b] = [dice.below(list.length), dice.below(list.length)];
    [list[a], list[b]] = [list[b] as Field, list[a] as Field];
  }),
  'message for message': structural((lists, dice) => {
    const field = anyField(lists, dice, isMessage);
    const other = anyField(lists, dice, (each) => isMessage(each) && each.number === field?.number);
    // A copy: a message inside itself would have no end.
    if (field !== undefined && other !== undefined) {
      field.value = parseMessage(writeMessage(other.value as Field[])) ?? field.value;
    }
  }),
  'text that is none': structural((lists, dice) => {
    const field = anyField(lists, dice, isText);
    if (field !== undefined) field.value = Uint8Array.of(0xff, 0xfe, 0xc0, dice.below(256));
  }),
};

/** One to three mutations of a file, by name. */
export function mutate(
  bytes: Uint8Array,
  dice: Dice,
): { readonly bytes: Uint8Array; readonly names: readonly string[] } {
  const names = Array.from(
    { length: 1 + dice.below(2) * dice.below(3) },
    () => dice.pick(Object.keys(mutations)) ?? 'truncation',
  );
  const mutated = names.reduce(
    (current, name) => (current.length === 0 ? current : (mutations[name]?.(current, dice) ?? current)),
    bytes,
  );
  return { bytes: mutated, names };
}
