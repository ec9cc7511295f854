import { add, concat, expand } from './build.ts';
import { isStatic } from './dims.ts';
import { constantIntegers, constantTensor, type Node, scalarConstant, type Value } from './value.ts';

/**
 * The sum of the gradients that reach one value by several ways; undefined when none does. Gradients that fill
 * different ranges of an axis — those of the slices of one long vector of parameters — are joined, which is one copy
 * instead of an addition of the whole for each; those of one range are added before.
 */
export function accumulate(gradients: readonly Value[]): Value | undefined {
  const segments = gradients.map(segmentOf).filter((segment) => segment !== undefined);
  const along = segments.filter(({ axis }) => axis === segments[0]?.axis);
  const ranges = addEqualRanges(along).sort((a, b) => a.start - b.start);
  const apart = ranges.every(({ start }, index) => start >= (ranges[index - 1]?.end ?? 0));
  if (along.length < 2 || !apart) return sum(gradients);
  const joined = new Set(along.map(({ whole }) => whole));
  return sum([join(ranges), ...gradients.filter((gradient) => !joined.has(gradient))]);
}

function sum([first, ...others]: readonly Value[]): Value | undefined {
  return first === undefined ? undefined : others.reduce((total, gradient) => add(total, gradient), first);
}

function addEqualRanges(segments: readonly Segment[]): Segment[] {
  const ranges = new Map<string, Segment>();
  for (const segment of segments) {
    const key = `${segment.start} ${segment.end}`;
    const known = ranges.get(key);
    ranges.set(key, known === undefined ? segment : { ...known, part: add(known.part, segment.part) });
  }
  return [...ranges.values()];
}

/** A value that is `part` between `start` and `end` of an axis, and zero elsewhere. */
interface Segment {
  readonly whole: Value;
  readonly part: Value;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

function segmentOf(whole: Value): Segment | undefined {
  const { source, shape } = whole;
  if (source.kind !== 'node' || !isZeroPad(source.node) || !isStatic(shape)) return undefined;
  const [part, pads] = source.node.inputs;
  const amounts = constantIntegers(pads) ?? [];
  const padded = [...shape.keys()].filter((at) => amounts[at] !== 0 || amounts[at + shape.length] !== 0);
  const [axis] = padded;
  if (!part || axis === undefined || padded.length > 1 || amounts.some((amount) => amount < 0)) return undefined;
  const start = amounts[axis] ?? 0;
  return { whole, part, axis, start, end: (shape[axis] ?? 0) - (amounts[axis + shape.length] ?? 0) };
}

/** A pad of all axes with zeros, as the gradient of a slice is written. */
function isZeroPad(node: Node): boolean {
  if (node.op !== 'Pad') return false;
  const { inputs, attributes } = node as Node<'Pad'>;
  const [, , fill, axes] = inputs;
  const zero = fill === null || Number(constantTensor(fill)?.data[0]) === 0;
  return attributes.mode === 'constant' && zero && axes === null;
}

/** Segments in order, and zeros where there is none. */
function join(segments: readonly Segment[]): Value {
  const parts: Value[] = [];
  let filled = 0;
  const fillTo = ({ whole, axis }: Segment, start: number): void => {
    if (start > filled) parts.push(zeros(whole, axis, start - filled));
  };
  for (const segment of segments) {
    fillTo(segment, segment.start);
    parts.push(segment.part);
    filled = segment.end;
  }
  const last = segments.at(-1);
  if (last !== undefined) fillTo(last, Number(last.whole.shape[last.axis]));
  return concat(parts, last?.axis ?? 0);
}

/** Zeros like a value but for the length of one axis. */
function zeros({ dtype, shape }: Value, axis: number, length: number): Value {
  const lengths = shape.map((dim, at) => (at === axis ? length : Number(dim)));
  return expand(scalarConstant(0, dtype), lengths);
}
