import { add, div, fixedDim, mul, pad, sigmoid, slice, toTheStart } from '../build.ts';
import { GraphError } from '../errors.ts';
import { float, int, requireAxis } from '../operators/shared.ts';
import { constantIntegers, type Value } from '../value.ts';
import { type Application, type Composite, composite, requiredInputs } from './composite.ts';

function sum(op: string, { inputs }: Application): Value {
  const [first, ...others] = inputs.filter((value) => value !== null && value !== undefined);
  if (first === undefined) throw new GraphError(op, 'expected at least one input, got none');
  return others.reduce((total, value) => add(total, value), first);
}

/** Moves everything along an axis by some places; ones come in, what goes over the end is lost. */
function shifted(x: Value, axis: number, places: number): Value {
  const rank = x.shape.length;
  const pads = Array<number>(2 * rank)
    .fill(0)
    .with(axis, places);
  return pad(slice(x, [{ axis, start: 0, end: fixedDim(x.shape, axis) - places }]), pads, 1);
}

/** Products up to each entry, by doubling: after round k each entry holds the product of the 2ᵏ entries that end at it. */
function products(x: Value, axis: number): Value {
  const length = fixedDim(x.shape, axis);
  let result = x;
  for (let reach = 1; reach < length; reach *= 2) result = mul(result, shifted(result, axis, reach));
  return result;
}

/** Products of all entries up to each along an axis, with that entry or without, from either end. */
function cumulativeProduct(application: Application, { exclusive, reverse }: Scan): Value {
  const op = 'CumProd';
  const [x, axisInput] = requiredInputs(op, application, ['x', 'axis']);
  const given = constantIntegers(axisInput)?.[0];
  if (given === undefined) throw new GraphError(op, 'axis: expected a constant, got a computed value');
  const axis = requireAxis(op, given, x.shape.length);
  const turned = (value: Value): Value =>
    reverse === 1 ? slice(value, [{ axis, start: -1, end: toTheStart, step: -1 }]) : value;
  const all = products(turned(x), axis);
  const excluded = exclusive === 1 && fixedDim(x.shape, axis) > 0;
  return turned(excluded ? shifted(all, axis, 1) : all);
}

interface Scan {
  readonly exclusive: number;
  readonly reverse: number;
}

export const math: Readonly<Record<string, Composite>> = {
  CumProd: composite<Scan>({ exclusive: int(0), reverse: int(0) }, (application, attributes) => [
    cumulativeProduct(application, attributes),
  ]),
  Sum: composite({}, (application) => [sum('Sum', application)]),
  Mean: composite({}, (application) => [div(sum('Mean', application), application.inputs.length)]),
  // x·σ(αx)
  Swish: composite({ alpha: float(1) }, (application, { alpha }) => {
    const [x] = requiredInputs('Swish', application, ['x']);
    return [mul(x, sigmoid(mul(x, alpha)))];
  }),
};
