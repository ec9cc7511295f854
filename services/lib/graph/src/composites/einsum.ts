import { matMul, mul, reduceSum, reshapeTo, slice, squeeze, transpose, unsqueeze } from '../build.ts';
import { type Dim, formatShape, multiplyDims, sameShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { fixed, string } from '../operators/shared.ts';
import type { Value } from '../value.ts';
import { type Application, type Composite, composite } from './composite.ts';

const op = 'Einsum';

/** A value whose axes have names; `…0`, `…1` are those of the ellipsis. */
interface Operand {
  readonly value: Value;
  readonly labels: readonly string[];
}

interface Equation {
  readonly operands: readonly Operand[];
  readonly output: readonly string[];
}

/** The names of the axes of one term. The axes of an ellipsis are counted from its end, so that they broadcast. */
function parseTerm(term: string, ellipsisRank: number): readonly string[] {
  const [before = '', after, ...others] = term.split('...');
  if (others.length > 0 || !/^[A-Za-z]*$/.test(before + (after ?? '')))
    throw new GraphError(op, `equation: expected letters and at most one ellipsis in a term, got ${term}`);
  const ellipsis = Array.from(
    { length: after === undefined ? 0 : ellipsisRank },
    (_, axis) => `…${ellipsisRank - 1 - axis}`,
  );
  return [...before, ...ellipsis, ...(after ?? '')];
}

function parseOperand(term: string, value: Value): Operand {
  const named = term.replace('...', '').length;
  const rest = value.shape.length - named;
  const labels = parseTerm(term, Math.max(rest, 0));
  if (rest < 0 || labels.length !== value.shape.length)
    throw new GraphError(op, `equation: expected a term for ${formatShape(value.shape)}, got ${term}`);
  return { value, labels };
}

/** The axes of the ellipsis, then the letters that occur once, in alphabetical order. */
function implicitOutput(operands: readonly Operand[]): readonly string[] {
  const all = operands.flatMap(({ labels }) => labels);
  const letters = all.filter((label) => !isEllipsis(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsisOf(operands), ...letters.sort()];
}

function isEllipsis(label: string): boolean {
  return label.startsWith('…');
}

/** The longest ellipsis of any operand. */
function ellipsisOf(operands: readonly Operand[]): readonly string[] {
  return operands
    .map(({ labels }) => labels.filter(isEllipsis))
    .reduce((longest, labels) => (labels.length > longest.length ? labels : longest), []);
}

function parse(equation: string, inputs: Application['inputs']): Equation {
  const [left = '', right, ...others] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const values = inputs.filter((value) => value !== null && value !== undefined);
  if (others.length > 0 || terms.length !== values.length)
    throw new GraphError(op, `equation: expected ${values.length} terms, got ${equation}`);
  const operands = values.map((value, index) => parseOperand(terms[index] ?? '', value));
  const output = right === undefined ? implicitOutput(operands) : parseTerm(right, ellipsisOf(operands).length);
  const unknown = output.find(
    (label, at) => output.indexOf(label) !== at || !operands.some(({ labels }) => labels.includes(label)),
  );
  if (unknown !== undefined)
    throw new GraphError(op, `equation: expected every axis of the output once and in a term, got ${equation}`);
  return { operands, output };
}

/** Replaces two axes of one name by their diagonal, until no name occurs twice. */
function takeDiagonals({ value, labels }: Operand): Operand {
  const second = labels.findIndex((label, at) => labels.indexOf(label) < at);
  if (second < 0) return { value, labels };
  const first = labels.indexOf(labels[second] ?? '');
  const rest = [...labels.keys()].filter((at) => at !== first && at !== second);
  const length = fixed(op, `axis ${labels[second]}`, value.shape[first]);
  if (value.shape[second] !== length)
    throw new GraphError(op, `axis ${labels[second]}: expected one length, got ${formatShape(value.shape)}`);
  const kept = rest.map((at) => value.shape[at] ?? 1);
  const rows = reshapeTo(transpose(value, [...rest, first, second]), [...kept, length * length]);
  const diagonal = slice(rows, [{ axis: -1, start: 0, end: length * length, step: length + 1 }]);
  return takeDiagonals({ value: diagonal, labels: [...rest.map((at) => labels[at] ?? ''), labels[first] ?? ''] });
}

/** Axes of length 1 that another operand has longer are left out: so they repeat. */
function dropRepeated(operands: readonly Operand[]): readonly Operand[] {
  const lengths = new Map<string, Dim>();
  for (const { value, labels } of operands) {
    labels.forEach((label, at) => {
      const [known, length] = [lengths.get(label) ?? 1, value.shape[at] ?? 1];
      if (known !== 1 && length !== 1 && known !== length)
        throw new GraphError(op, `axis ${label}: expected one length, got ${known} and ${length}`);
      lengths.set(label, known === 1 ? length : known);
    });
  }
  return operands.map(({ value, labels }) => {
    const repeated = [...labels.keys()].filter((at) => value.shape[at] === 1 && lengths.get(labels[at] ?? '') !== 1);
    if (repeated.length === 0) return { value, labels };
    return { value: squeeze(value, repeated), labels: labels.filter((_, at) => !repeated.includes(at)) };
  });
}

/** Sums over the axes that nobody asks for. */
function sumOut({ value, labels }: Operand, wanted: ReadonlySet<string>): Operand {
  const axes = [...labels.keys()].filter((at) => !wanted.has(labels[at] ?? ''));
  if (axes.length === 0) return { value, labels };
  return { value: reduceSum(value, axes, false), labels: labels.filter((label) => wanted.has(label)) };
}

/** The axes in an order, with axes of length 1 for names that the operand does not have. */
function arrange({ value, labels }: Operand, order: readonly string[]): Value {
  const present = order.filter((label) => labels.includes(label));
  const ordered = transpose(
    value,
    present.map((label) => labels.indexOf(label)),
  );
  const missing = [...order.keys()].filter((at) => !labels.includes(order[at] ?? ''));
  return missing.length === 0 ? ordered : unsqueeze(ordered, missing);
}

/** The product of two operands, summed over the names they share that nobody asks for afterwards. */
function contract(left: Operand, right: Operand, wanted: ReadonlySet<string>): Operand {
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => wanted.has(label));
  const summed = shared.filter((label) => !wanted.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  if (summed.length === 0) return { value: mul(arrange(left, labels), arrange(right, labels)), labels };
  const dimsOf = ({ value, labels: names }: Operand, wantedNames: readonly string[]): readonly Dim[] =>
    wantedNames.map((label) => value.shape[names.indexOf(label)] ?? 1);
  const size = (operand: Operand, names: readonly string[]): Dim => dimsOf(operand, names).reduce(multiplyDims, 1);
  const fitted = (value: Value, shape: readonly Dim[]): Value =>
    sameShape(value.shape, shape) ? value : reshapeTo(value, shape);
  const outer = dimsOf(left, batch);
  const product = matMul(
    fitted(arrange(left, [...batch, ...rows, ...summed]), [...outer, size(left, rows), size(left, summed)]),
    fitted(arrange(right, [...batch, ...summed, ...columns]), [...outer, size(right, summed), size(right, columns)]),
  );
  return { value: fitted(product, [...outer, ...dimsOf(left, rows), ...dimsOf(right, columns)]), labels };
}

/**
 * Sums of products over named axes, written out in diagonals, sums, transpositions and matrix products, two operands at
 * a time from the left.
 */
function expand(application: Application, equation: string): Value {
  const { operands, output } = parse(equation, application.inputs);
  const [first, ...others] = dropRepeated(operands.map(takeDiagonals));
  if (first === undefined) throw new GraphError(op, 'expected at least one operand, got none');
  const wantedAfter = (step: number): ReadonlySet<string> =>
    new Set([...output, ...others.slice(step).flatMap(({ labels }) => labels)]);
  const product = others.reduce((left, right, step) => {
    const wanted = wantedAfter(step + 1);
    const alone = (operand: Operand, other: Operand): Operand => sumOut(operand, new Set([...wanted, ...other.labels]));
    return contract(alone(left, right), alone(right, left), wanted);
  }, first);
  return arrange(sumOut(product, new Set(output)), output);
}

export const einsum: Readonly<Record<string, Composite>> = {
  Einsum: composite({ equation: string() }, (application, { equation }) => [expand(application, equation)]),
};
