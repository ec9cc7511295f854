import { add, div, mul, reduceMean, sqrt, sub } from '../build.ts';
import { GraphError } from '../errors.ts';
import { ints } from '../operators/shared.ts';
import { type Composite, composite } from './composite.ts';

/** Added to the deviation of MeanVarianceNormalization, as the ONNX specification has it. */
const smallest = 1e-9;

export const normalization: Readonly<Record<string, Composite>> = {
  MeanVarianceNormalization: composite({ axes: ints([0, 2, 3]) }, ({ inputs: [x] }, { axes }) => {
    if (!x) throw new GraphError('MeanVarianceNormalization', 'x: expected a value, got none');
    const centred = sub(x, reduceMean(x, axes));
    return [div(centred, add(sqrt(reduceMean(mul(centred, centred), axes)), smallest))];
  }),
};
