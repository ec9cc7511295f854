import { int64 } from '@parallax/tensor';
import { apply } from '../../../apply.ts';
import { cast, mul, sub } from '../../../build.ts';
import { addDims, divideDims, shapeSize } from '../../../dims.ts';
import { constant, scalarConstant, type Value } from '../../../value.ts';
import { applyPlain } from '../apply-plain.ts';
import { type Call, type Context, operand } from '../call.ts';
import { isCounting } from '../grids.ts';
import { ImportError } from '../import-error.ts';
import { isNumber } from '../knowledge.ts';
import type { Forms } from './form.ts';
import { expandTo, reshapeKeepingSamples, shapeFrom } from './shape.ts';

/** A range of which one end is a length known only at run time: as many ones, added up. */
function range(call: Call, context: Context): readonly Value[] {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map((name, index) => {
    const [entry, ...rest] = shapeFrom(operand(call, index, name), name, context);
    if (entry === undefined || rest.length > 0) throw new ImportError(`${name}: expected one number`);
    return entry;
  });
  if (!isNumber(start ?? '') || !isNumber(delta ?? '') || start !== 0) {
    throw new ImportError('start, delta: expected 0 and a constant where the limit is a length known only at run time');
  }
  const count = divideDims(addDims(limit ?? 0, 0), delta as number);
  if (count === undefined) throw new ImportError(`expected a whole number of entries, got ${limit} / ${delta}`);
  const ones = expandTo(constant(int64([1], [1])), [count], context);
  const counted = sub(apply('CumSum', [ones, scalarConstant(0, 'int64')])[0], 1);
  const value = cast(mul(counted, delta as number), operand(call, 0, 'start').dtype);
  context.grids.set(value, { dims: [count], offset: 0, steps: [delta as number] });
  return [value];
}

/** All elements of a flat tensor picked in their order are that tensor, in the shape of the indices. */
function gather(call: Call, context: Context): readonly Value[] {
  const [data, indices] = [operand(call, 0, 'data'), operand(call, 1, 'indices')];
  const grid = data.shape.length === 1 ? context.grids.of(indices) : undefined;
  const size = shapeSize(data.shape);
  if (
    grid === undefined ||
    !isCounting(grid, context.batch.fixed === undefined ? size : (context.batch.atFixed(size) ?? size))
  ) {
    return applyPlain(call);
  }
  return [reshapeKeepingSamples(data, grid.dims, context)];
}

export const indexForms: Forms = { Gather: gather, Range: range };
