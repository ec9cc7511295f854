import { apply, layerNormalization, mul } from '@parallax/graph';
import type { InvarianceCase } from './cases.ts';
import { fixed, gradient, squared, writtenOut } from './functions.ts';

/** Normalisations by statistics of so many numbers, and their gradients. */
export function normalizationsOf(length: number): readonly InvarianceCase[] {
  return [
    { name: `direction of ${length}`, dims: [3, length], traced: (x) => apply('LpNormalization', [x])[0] },
    {
      name: `direction of ${length} by absolute values`,
      dims: [3, length],
      traced: (x) => apply('LpNormalization', [x], { p: 1 })[0],
    },
    {
      name: `instance normalisation of 3×${length}`,
      dims: [2, 3, length],
      traced: (x) => apply('InstanceNormalization', [x, fixed(2), fixed(2)])[0],
    },
    {
      name: `gradient of instance normalisation of ${length}`,
      dims: [2, length],
      traced: (x) => gradient(squared(apply('InstanceNormalization', [x, fixed(2), fixed(2)])[0]), x),
    },
    {
      name: `group normalisation of 6×${length}`,
      dims: [6, length],
      traced: (x) => writtenOut('GroupNormalization', [x, fixed(6), fixed(6)], { num_groups: 2 }),
    },
    {
      name: `root-mean-square normalisation of ${length}`,
      dims: [5, length],
      traced: (x) => writtenOut('RMSNormalization', [x, fixed(length)]),
    },
    {
      name: `response normalisation of 6×${length}`,
      dims: [6, length, 1],
      traced: (x) => apply('LRN', [x], { size: 5, alpha: 0.5 })[0],
    },
    {
      name: `layer normalisation of ${length}`,
      dims: [5, length],
      traced: (x) => layerNormalization(x, fixed(length), fixed(length)),
    },
    {
      name: `gradient of layer normalisation of ${length}`,
      dims: [5, length],
      traced: (x) => gradient(mul(layerNormalization(x, fixed(length), null), squared(x)), x),
    },
  ];
}
