import { topologicalOrder, type Value } from '@parallax/graph';
import type { Results } from '../../engine.ts';

/** Operators whose derivative jumps where their input changes sign. */
const hinges: ReadonlySet<string> = new Set(['Relu', 'LeakyRelu', 'PRelu', 'Abs', 'Sign', 'ThresholdedRelu']);

/** What the names of the values that flow into hinges begin with. */
const side = 'side';

/** The values below an output whose sign decides the side of a hinge, by names of their own. */
export function sidesOf(output: Value): Readonly<Record<string, Value>> {
  const hinged = topologicalOrder([output]).filter(({ op }) => hinges.has(op));
  const values = [...new Set(hinged.map((node) => node.inputs[0]))].filter((value) => value !== null);
  return Object.fromEntries(values.map((value, index) => [`${side}${index}`, value as Value]));
}

/** Entries that have another sign after, by sample. */
export function flipsBetween(before: Results, after: Results, count: number): Float64Array {
  const flips = new Float64Array(count);
  for (const [name, tensor] of Object.entries(before)) {
    const other = after[name];
    if (!name.startsWith(side) || other === undefined) continue;
    const width = tensor.data.length / count;
    for (let index = 0; index < tensor.data.length; index++) {
      const row = Math.floor(index / width);
      if (Number(tensor.data[index]) > 0 !== Number(other.data[index]) > 0) flips[row] = (flips[row] ?? 0) + 1;
    }
  }
  return flips;
}
