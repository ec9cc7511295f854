import { addDims, broadcastShapes, type Dim, divideDims, multiplyDims } from '../../../dims.ts';
import { isNumber, type Known } from '../knowledge.ts';
import { entryAt, type Fold, known, positions } from './fold.ts';

type Binary = (a: number, b: number) => number;

function isFloat({ dtype }: Known): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** Applies a function to every pair; `symbolic` says what it gives for lengths known only at run time. */
function broadcast(
  parts: readonly Known[],
  dtype: (first: Known) => Known['dtype'],
  combine: (entries: readonly Dim[], first: Known) => Dim | undefined,
): Known | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const dims = parts
    .map((part) => part.dims)
    .reduce<readonly number[] | undefined>(
      (shape, next) =>
        shape === undefined ? undefined : (broadcastShapes(shape, next) as readonly number[] | undefined),
      [],
    );
  if (dims === undefined) return undefined;
  let complete = true;
  const type = dtype(first);
  const result = known(type, dims, (count) => {
    const aligned = parts.map((part) => broadcastEntries(part, dims, count));
    return Array.from({ length: count }, (_, flat) => {
      const entry = combine(
        aligned.map((entries) => entries[flat] ?? 0),
        first,
      );
      if (entry === undefined) complete = false;
      return typeof entry === 'number' && type === 'float32' ? Math.fround(entry) : (entry ?? 0);
    });
  });
  return complete ? result : undefined;
}

/** The entries of a tensor repeated to a shape. */
function broadcastEntries(part: Known, dims: readonly number[], count: number): readonly Dim[] {
  if (part.entries.length === count) return part.entries;
  if (part.entries.length === 1) return Array<Dim>(count).fill(part.entries[0] ?? 0);
  return positions(dims).map((position) => entryAt(part, position));
}

function allKnown(inputs: readonly (Known | undefined)[]): readonly Known[] | undefined {
  return inputs.length > 0 && inputs.every((input) => input !== undefined) ? inputs : undefined;
}

/** A function of two operands; `symbolic` says what it gives for lengths known only at run time. */
function binary(
  compute: (a: number, b: number, float: boolean) => number,
  symbolic: (a: Dim, b: Dim) => Dim | undefined = () => undefined,
  dtype: (first: Known) => Known['dtype'] = (first) => first.dtype,
): Fold {
  return ({ inputs }) => {
    const parts = allKnown(inputs);
    if (parts?.length !== 2) return undefined;
    return broadcast(parts, dtype, ([a = 0, b = 0], first) =>
      isNumber(a) && isNumber(b) ? finite(compute(a, b, isFloat(first))) : symbolic(a, b),
    );
  };
}

function unary(compute: (a: number) => number, keepsSymbols = false, dtype?: Known['dtype']): Fold {
  return ({ inputs: [x] }) => {
    const parts = allKnown([x]);
    return (
      parts &&
      broadcast(
        parts,
        (first) => dtype ?? first.dtype,
        ([a = 0]) => (isNumber(a) ? finite(compute(a)) : keepsSymbols ? a : undefined),
      )
    );
  };
}

/** A number that can be an entry; what has no value is left to the runtime. */
function finite(number: number): number | undefined {
  return Number.isFinite(number) ? number : undefined;
}

/** Products of symbols are known when the other factor is whole. */
function scaled(a: Dim, b: Dim): Dim | undefined {
  return [a, b].every((dim) => !isNumber(dim) || Number.isInteger(dim)) ? multiplyDims(a, b) : undefined;
}

/** A function of two operands, of any number of them. */
function variadic(pair: Fold): Fold {
  return ({ inputs: [first, ...others], attributes }) =>
    others.reduce((all, next) => pair({ inputs: [all, next], attributes }), first);
}

/** Symbolic lengths are from 1: only that much is known when they are compared. */
function compared(decide: Binary): Fold {
  return binary(
    (a, b) => decide(a, b),
    (a, b) => {
      if (a === b) return decide(0, 0);
      if (isNumber(a) && a <= 0) return decide(0, 1);
      return isNumber(b) && b <= 0 ? decide(1, 0) : undefined;
    },
    () => 'bool',
  );
}

function truth(decide: Binary): Fold {
  return binary(decide, undefined, () => 'bool');
}

/** Integers are divided towards zero. */
function quotient(a: number, b: number, float: boolean): number {
  return float ? a / b : Math.trunc(a / b);
}

/** Half way goes to the even neighbour. */
function rounded(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** Equal lengths need no comparison. */
function alike(a: Dim, b: Dim): Dim | undefined {
  return a === b ? a : undefined;
}

const where: Fold = ({ inputs }) => {
  const parts = allKnown(inputs);
  if (parts?.length !== 3) return undefined;
  return broadcast(
    parts,
    () => parts[1]?.dtype ?? 'int64',
    ([condition, x, y]) => (x === y ? x : isNumber(condition ?? 'N') ? (condition ? x : y) : undefined),
  );
};

const mod: Fold = ({ inputs, attributes }) =>
  binary((a, b) => (attributes.int('fmod', 0) === 1 ? a % b : a - b * Math.floor(a / b)))({ inputs, attributes });

export const elementwiseFolds: Readonly<Record<string, Fold>> = {
  Abs: unary(Math.abs, true),
  Add: binary((a, b) => a + b, addDims),
  And: truth((a, b) => a & b),
  Ceil: unary(Math.ceil, true),
  Div: binary(quotient, divideDims),
  Equal: compared((a, b) => Number(a === b)),
  Floor: unary(Math.floor, true),
  Greater: compared((a, b) => Number(a > b)),
  GreaterOrEqual: compared((a, b) => Number(a >= b)),
  Less: compared((a, b) => Number(a < b)),
  LessOrEqual: compared((a, b) => Number(a <= b)),
  Max: variadic(binary((a, b) => Math.max(a, b), alike)),
  Min: variadic(binary((a, b) => Math.min(a, b), alike)),
  Mod: mod,
  Mul: binary((a, b) => a * b, scaled),
  Neg: unary((a) => -a),
  Not: unary((a) => 1 - a, false, 'bool'),
  Or: truth((a, b) => a | b),
  Pow: binary((a, b) => a ** b),
  Reciprocal: unary((a) => 1 / a),
  Round: unary(rounded, true),
  Sqrt: unary(Math.sqrt),
  Sub: binary(
    (a, b) => a - b,
    (a, b) => (a === b ? 0 : b === 0 ? a : undefined),
  ),
  Where: where,
};
