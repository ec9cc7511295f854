import {
  abs,
  add,
  and,
  cast,
  div,
  erf,
  exp,
  greater,
  hardMask,
  less,
  minimum,
  mul,
  or,
  sigmoid,
  softplus,
  sub,
  tanh,
  where,
} from '../build.ts';
import { GraphError } from '../errors.ts';
import type { AttributeTable, Family, Rules } from '../operator.ts';
import type { ActivationSignatures } from '../signatures/activation.ts';
import type { Value } from '../value.ts';
import { broadcast, float, floatLike, floatTypes, keepWhere, requireBroadcast, requireType, string } from './shared.ts';
import { smooth } from './unary.ts';

/** A function of one floating-point variable with parameters, and its chain rule. */
function parametric<A extends object>(
  op: string,
  attributes: AttributeTable<A>,
  gradient: (x: Value, g: Value, attributes: A) => Value,
): Rules<{ readonly inputs: readonly [x: Value]; readonly attributes: A }> {
  return {
    attributes,
    infer: floatLike(op),
    gradient: ({ inputs: [x], gradient: g, attributes: given }) => [gradient(x, g, given)],
  };
}

/** eˣ for x ≤ 0, and 1 above: no overflow on the side that is not looked at. */
function decay(x: Value): Value {
  return exp(minimum(x, 0));
}

const oneOverRootTwo = Math.SQRT1_2;
const oneOverRootTwoPi = 1 / Math.sqrt(2 * Math.PI);
const rootTwoOverPi = Math.sqrt(2 / Math.PI);
/** Weight of the cube in the approximation of GELU by tanh (arXiv 1606.08415). */
const cubic = 0.044715;

/** Φ(x) + x·φ(x) */
function exactGelu(x: Value): Value {
  const cumulative = mul(add(erf(mul(x, oneOverRootTwo)), 1), 0.5);
  const density = mul(exp(mul(mul(x, x), -0.5)), oneOverRootTwoPi);
  return add(cumulative, mul(x, density));
}

/** ½(1 + t) + ½x(1 - t²)·u' with t = tanh u, u = √(2/π)·(x + 0.044715·x³) */
function approximateGelu(x: Value): Value {
  const square = mul(x, x);
  const t = tanh(mul(mul(x, add(mul(square, cubic), 1)), rootTwoOverPi));
  const slope = mul(add(mul(square, 3 * cubic), 1), rootTwoOverPi);
  return mul(add(add(t, 1), mul(mul(x, sub(1, mul(t, t))), slope)), 0.5);
}

export const activations: Family<keyof ActivationSignatures> = {
  // e^(x/α) at 0 and below
  Celu: parametric('Celu', { alpha: float(1) }, (x, g, { alpha }) => mul(g, exp(div(minimum(x, 0), alpha)))),
  // α·eˣ at 0 and below
  Elu: parametric('Elu', { alpha: float(1) }, (x, g, { alpha }) =>
    where(greater(x, 0), g, mul(g, mul(decay(x), alpha))),
  ),
  Gelu: {
    attributes: { approximate: string('none') },
    infer: ([x], { approximate }) => {
      if (approximate !== 'none' && approximate !== 'tanh')
        throw new GraphError('Gelu', `approximate: expected none or tanh, got ${approximate}`);
      return floatLike('Gelu')([x]);
    },
    gradient: ({ inputs: [x], gradient: g, attributes: { approximate } }) => [
      mul(g, approximate === 'tanh' ? approximateGelu(x) : exactGelu(x)),
    ],
  },
  // α inside the ramp, 0 outside and at its ends
  HardSigmoid: {
    attributes: { alpha: float(0.2), beta: float(0.5) },
    infer: floatLike('HardSigmoid'),
    gradient: ({ outputs: [y], gradient: g, attributes: { alpha } }) =>
      y === undefined ? [null] : [keepWhere(and(greater(y, 0), less(y, 1)), mul(g, alpha))],
  },
  // x/3 + ½ between -3 and 3, 0 up to -3, 1 from 3
  HardSwish: smooth('HardSwish', (x) => {
    const ramp = add(div(x, 3), 0.5);
    return where(less(abs(x), 3), ramp, cast(greater(x, 0), x.dtype));
  }),
  // α at 0 and below
  LeakyRelu: parametric('LeakyRelu', { alpha: float(0.01) }, (x, g, { alpha }) =>
    where(greater(x, 0), g, mul(g, alpha)),
  ),
  // t + x·(1 - t²)·σ(x) with t = tanh(softplus x)
  Mish: smooth('Mish', (x) => {
    const t = tanh(softplus(x));
    return add(t, mul(mul(x, sub(1, mul(t, t))), sigmoid(x)));
  }),
  PRelu: {
    attributes: {},
    infer: ([x, slope]) => {
      requireType('PRelu', 'x', x, floatTypes);
      requireBroadcast('PRelu', 'slope', slope, x.shape);
      return broadcast('PRelu', x, slope);
    },
    gradient: ({ inputs: [x, slope], gradient: g }) => {
      const positive = greater(x, 0);
      return [where(positive, g, mul(g, slope)), where(positive, 0, mul(g, x))];
    },
  },
  // 1 where the output is positive, 0 at 0
  Relu: smooth('Relu', (_, y) => hardMask(y)),
  // γ, or γ·α·eˣ at 0 and below
  Selu: parametric(
    'Selu',
    { alpha: float(1.6732631921768188), gamma: float(1.0507010221481323) },
    (x, g, { alpha, gamma }) => mul(g, where(greater(x, 0), gamma, mul(decay(x), alpha * gamma))),
  ),
  // 1 outside [-λ, λ], 0 inside and at its ends
  Shrink: parametric('Shrink', { bias: float(0), lambd: float(0.5) }, (x, g, { lambd }) =>
    keepWhere(or(greater(x, lambd), less(x, -lambd)), g),
  ),
  Sigmoid: smooth('Sigmoid', (_, y) => mul(y, sub(1, y))),
  Softplus: smooth('Softplus', (x) => sigmoid(x)),
  // 1 / (1 + |x|)²
  Softsign: smooth('Softsign', (x) => {
    const size = add(abs(x), 1);
    return div(1, mul(size, size));
  }),
  // 1 above α, 0 at α
  ThresholdedRelu: parametric('ThresholdedRelu', { alpha: float(1) }, (x, g, { alpha }) =>
    keepWhere(greater(x, alpha), g),
  ),
};
