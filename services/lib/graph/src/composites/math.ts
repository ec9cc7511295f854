import { add, div, mul, sigmoid } from '../build.ts';
import { GraphError } from '../errors.ts';
import { float } from '../operators/shared.ts';
import type { Value } from '../value.ts';
import { type Application, type Composite, composite, requiredInputs } from './composite.ts';

function sum(op: string, { inputs }: Application): Value {
  const [first, ...others] = inputs.filter((value) => value !== null && value !== undefined);
  if (first === undefined) throw new GraphError(op, 'expected at least one input, got none');
  return others.reduce((total, value) => add(total, value), first);
}

export const math: Readonly<Record<string, Composite>> = {
  Sum: composite({}, (application) => [sum('Sum', application)]),
  Mean: composite({}, (application) => [div(sum('Mean', application), application.inputs.length)]),
  // x·σ(αx)
  Swish: composite({ alpha: float(1) }, (application, { alpha }) => {
    const [x] = requiredInputs('Swish', application, ['x']);
    return [mul(x, sigmoid(mul(x, alpha)))];
  }),
};
