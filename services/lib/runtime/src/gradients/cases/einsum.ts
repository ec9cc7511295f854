import { elementCount } from '@parallax/tensor';
import { type CompositeTable, type GradientCase, writtenOut } from '../gradient-case.ts';
import { exactly, within } from '../samples.ts';

/** The value of an equation without ellipses by its definition: a sum over all indices of the product of the operands. */
function byDefinition(
  equation: string,
  shapes: readonly (readonly number[])[],
  values: readonly (readonly number[])[],
) {
  const [left = '', output = ''] = equation.split('->');
  const terms = left.split(',');
  const lengths = new Map<string, number>();
  terms.forEach((term, index) => {
    [...term].forEach((label, axis) => void lengths.set(label, shapes[index]?.[axis] ?? 1));
  });
  const labels = [...lengths.keys()];
  const dims = [...output].map((label) => lengths.get(label) ?? 1);
  const result = new Array<number>(elementCount(dims)).fill(0);
  for (let number = 0; number < elementCount([...lengths.values()]); number++) {
    const at = new Map<string, number>();
    let rest = number;
    for (const label of labels) {
      const length = lengths.get(label) ?? 1;
      at.set(label, rest % length);
      rest = Math.floor(rest / length);
    }
    const place = (names: string): number =>
      [...names].reduce((offset, label) => offset * (lengths.get(label) ?? 1) + (at.get(label) ?? 0), 0);
    const product = terms.reduce((total, term, index) => total * (values[index]?.[place(term)] ?? 0), 1);
    result[place(output)] = (result[place(output)] ?? 0) + product;
  }
  return result;
}

/** An equation with all of its axes named, checked against its definition and against differences. */
function equationCase(equation: string, ...shapes: readonly (readonly number[])[]): GradientCase {
  const values = shapes.map((shape, index) =>
    Array.from({ length: elementCount(shape) }, (_, at) => ((7 * at + 3 * index + 1) % 11) / 4 - 1),
  );
  return writtenOut(
    'Einsum',
    equation,
    shapes.map((shape, index) => exactly(shape, values[index] ?? [])),
    { equation },
    { twice: true, expected: byDefinition(equation, shapes, values) },
  );
}

export const einsumComposites: CompositeTable = {
  Einsum: [
    equationCase('ij,jk->ik', [2, 3], [3, 4]),
    equationCase('ij,kj->ki', [2, 3], [4, 3]),
    equationCase('bhqd,bhkd->bhqk', [2, 2, 3, 2], [2, 2, 4, 2]),
    equationCase('bhqk,bkhd->bqhd', [2, 2, 3, 2], [2, 2, 2, 3]),
    equationCase('abc,acd,de->eb', [2, 3, 2], [2, 2, 3], [3, 2]),
    equationCase('i,j->ij', [3], [2]),
    equationCase('i,i->', [3], [3]),
    equationCase('ij,ij->ji', [2, 3], [2, 3]),
    equationCase('ijk->ki', [2, 3, 2]),
    equationCase('ii->', [3, 3]),
    equationCase('ii->i', [3, 3]),
    equationCase('iji,j->i', [2, 3, 2], [3]),
    equationCase('iii->i', [2, 2, 2]),
    equationCase('ij,k->', [2, 2], [3]),
    equationCase('ij->ij', [1, 1]),
    writtenOut('Einsum', 'no rows', [within([0, 3]), within([3, 2])], { equation: 'ij,jk->ik' }),
    writtenOut(
      'Einsum',
      'an implicit output, in alphabetical order',
      [exactly([2, 3], [1, 2, 3, 4, 5, 6])],
      { equation: 'ba' },
      { expected: [1, 4, 2, 5, 3, 6] },
    ),
    writtenOut(
      'Einsum',
      'an implicit sum',
      [exactly([2, 2], [1, 2, 3, 4]), exactly([2], [1, 10])],
      { equation: 'i j, j' },
      { expected: [21, 43] },
    ),
    writtenOut(
      'Einsum',
      'ellipses that broadcast',
      [within([2, 1, 2, 3]), within([4, 3, 2])],
      { equation: '...ij,...jk->...ik' },
      { twice: true },
    ),
    writtenOut(
      'Einsum',
      'an ellipsis that is moved',
      [exactly([1, 2, 3], [1, 2, 3, 4, 5, 6])],
      { equation: 'i...->...i' },
      { expected: [1, 2, 3, 4, 5, 6] },
    ),
    writtenOut(
      'Einsum',
      'an ellipsis in an implicit output',
      [exactly([2, 2, 1], [1, 2, 3, 4])],
      { equation: '...ij' },
      { expected: [1, 2, 3, 4] },
    ),
    writtenOut(
      'Einsum',
      'an ellipsis that is summed',
      [exactly([2, 2], [1, 2, 3, 4])],
      { equation: '...i->i' },
      { expected: [4, 6] },
    ),
    writtenOut(
      'Einsum',
      'a named axis of length 1 that repeats',
      [exactly([2, 1], [1, 2]), exactly([2, 2], [1, 2, 3, 4])],
      { equation: 'ij,ij->i' },
      { expected: [3, 14] },
    ),
    writtenOut('Einsum', 'symbolic batch', [within(['N', 3, 2]), within([4, 2])], { equation: 'nij,kj->nik' }),
    writtenOut('Einsum', 'products in a symbolic batch', [within(['N', 3, 2]), within(['N', 4, 2])], {
      equation: 'nij,nkj->nik',
    }),
  ],
};
