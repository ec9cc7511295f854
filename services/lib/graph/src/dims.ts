/**
 * A dimension: a number, or a symbol known only when the graph runs. Symbols multiply (`6*N`), so that a reshape of
 * [N, 4, 8] to [-1, 8] is known to have 4·N rows and two values of such a shape are known to agree.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

interface Monomial {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function parseDim(dim: Dim): Monomial {
  if (typeof dim === 'number') return { factor: dim, symbols: [] };
  const parts = dim.split('*');
  const factor = Number(parts[0]);
  return Number.isInteger(factor) ? { factor, symbols: parts.slice(1) } : { factor: 1, symbols: parts };
}

function formatDim({ factor, symbols }: Monomial): Dim {
  if (symbols.length === 0 || factor === 0) return factor;
  const names = [...symbols].sort().join('*');
  return factor === 1 ? names : `${factor}*${names}`;
}

export function multiplyDims(a: Dim, b: Dim): Dim {
  const left = parseDim(a);
  const right = parseDim(b);
  return formatDim({ factor: left.factor * right.factor, symbols: [...left.symbols, ...right.symbols] });
}

/** The number of elements of a shape. */
export function shapeSize(shape: Shape): Dim {
  return shape.reduce(multiplyDims, 1);
}

/** `a / b` when it is known to be whole, else undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const left = parseDim(a);
  const right = parseDim(b);
  const symbols = [...left.symbols];
  for (const symbol of right.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  if (right.factor === 0 || left.factor % right.factor !== 0) return undefined;
  return formatDim({ factor: left.factor / right.factor, symbols });
}

/** `a + b`; a sum of unlike symbols becomes one new symbol, in which products are written with a dot. */
export function addDims(a: Dim, b: Dim): Dim {
  if (a === 0) return b;
  if (b === 0) return a;
  const left = parseDim(a);
  const right = parseDim(b);
  if (left.symbols.join('*') === right.symbols.join('*')) {
    return formatDim({ factor: left.factor + right.factor, symbols: left.symbols });
  }
  return `(${a}+${b})`.replaceAll('*', '·');
}

/** Whether every dimension is a number. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** An axis counted from the end when negative, as ONNX has it. Returns undefined outside the rank. */
export function normalizeAxis(axis: number, rank: number): number | undefined {
  const positive = axis < 0 ? axis + rank : axis;
  return Number.isInteger(positive) && positive >= 0 && positive < rank ? positive : undefined;
}

/** numpy broadcasting of two shapes, or undefined when they do not agree. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) out.push(left);
    else if (left === 1) out.push(right);
    else return undefined;
  }
  return out;
}
