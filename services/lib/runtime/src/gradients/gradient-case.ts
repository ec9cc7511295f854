import { applyNamed, cast, constant, constantTensor, type OpName, type Value } from '@parallax/graph';
import { float32, toNumbers } from '@parallax/tensor';
import type { Traced } from './check-gradient.ts';
import type { Precision, Sample } from './samples.ts';

/** One use of an operator whose gradient is checked. All inputs are differentiated. */
export interface GradientCase {
  /** What is special about it: shapes, attributes, domain. */
  readonly name: string;
  readonly inputs: readonly Sample[];
  readonly traced: Traced;
  /** float32 where the runtime has no float64 kernel for the operator. */
  readonly precision?: Precision;
  /** Whether the gradient of the gradient is checked too. */
  readonly twice?: boolean;
  /** The values of the output, where they are known, row by row. */
  readonly expected?: readonly number[];
}

/**
 * How the gradient of an operator is checked: by cases; or it has none ("not differentiable": asking for it is an
 * error that names the operator); or it is zero wherever it exists, so that no gradient flows back; or it is that of
 * another function, which differences cannot see (`conventions.ts` has its values).
 */
export type GradientExpectation =
  | readonly GradientCase[]
  | 'not differentiable'
  | 'piecewise constant'
  | 'straight through';

export type GradientTable = { readonly [O in OpName]: GradientExpectation };

export function gradientCase(
  name: string,
  inputs: readonly Sample[],
  traced: Traced,
  options: Pick<GradientCase, 'precision' | 'twice' | 'expected'> = {},
): GradientCase {
  return { name, inputs, traced, ...options };
}

/** Cases of operators that are written out in others, by name. */
export type CompositeTable = Readonly<Record<string, readonly GradientCase[]>>;

/**
 * A case of an operator that is written out in others. Inputs that are samples are differentiated, values are fixed;
 * `fixed` inputs follow after them.
 */
export function writtenOut(
  op: string,
  name: string,
  inputs: readonly (Sample | Value)[],
  attributes: Readonly<Record<string, unknown>> = {},
  options: Pick<GradientCase, 'precision' | 'twice' | 'expected'> & {
    readonly fixed?: readonly (Value | null)[];
    /** Which output; the first when left out. */
    readonly output?: number;
    readonly outputs?: number;
  } = {},
): GradientCase {
  const { fixed = [], output = 0, outputs = output + 1, ...others } = options;
  const traced = (...values: Value[]): Value => {
    const drawn = values.values();
    const fit = inPrecisionOf(values);
    const given = inputs.map((input) => (isSample(input) ? drawn.next().value : fit(input)));
    const result = applyNamed(op, { inputs: [...given, ...fixed.map(fit)], outputs }, attributes)[output];
    if (result === undefined) throw new Error(`${op}: expected an output ${output}`);
    return result;
  };
  return gradientCase(name, inputs.filter(isSample), traced, others);
}

/** Numbers that are fixed in float64 are so in the precision that the case is traced in. */
function inPrecisionOf([x]: readonly Value[]) {
  return (value: Value | null): Value | null => {
    if (value?.dtype !== 'float64' || x?.dtype !== 'float32') return value;
    const tensor = constantTensor(value);
    return tensor === undefined ? cast(value, 'float32') : constant(float32(tensor.dims, toNumbers(tensor)));
  };
}

function isSample(input: Sample | Value): input is Sample {
  return 'draw' in input;
}
