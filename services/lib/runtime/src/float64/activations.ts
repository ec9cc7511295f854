import {
  add,
  cast,
  clip,
  div,
  exp,
  greater,
  maximum,
  mul,
  type Node,
  neg,
  reciprocal,
  reduceMean,
  sqrt,
  sub,
  tanh,
  type Value,
  where,
} from '@parallax/graph';

/** Beyond this the error function is ±1 to the last digit of float64. */
const saturated = 6;
/** Nodes of the quadrature: exact to the last digits of float64 for arguments up to {@link saturated}. */
const quadratureNodes = 40;
/** A ramp too steep to be one is a step (`hardMask`); its product would overflow. */
const steep = 1e30;

/** How an operator is written in others: its outputs. */
export type Writers = { readonly [op in Node['op']]?: (node: Node) => Value | readonly Value[] };

/** Functions that onnxruntime has in float32 only, or fuses into such, written out. */
export const activationWriters: Writers = {
  Erf: ({ inputs: [x] }) => erf(given(x)),
  Gelu: (node) => {
    const { inputs, attributes } = node as unknown as Node<'Gelu'>;
    return attributes.approximate === 'tanh' ? geluOfTanh(inputs[0] as Value) : geluOfErf(inputs[0] as Value);
  },
  // Written out so that `x · sigmoid(x)` is not fused into an operator without a float64 kernel.
  Sigmoid: ({ inputs: [x] }) => reciprocal(add(exp(neg(given(x))), 1)),
  HardSigmoid: (node) => {
    const { inputs, attributes } = node as unknown as Node<'HardSigmoid'>;
    const x = given(inputs[0]);
    if (attributes.alpha > steep) return cast(greater(x, 0), 'float64');
    return clip(add(mul(x, attributes.alpha), attributes.beta), 0, 1);
  },
  HardSwish: ({ inputs: [x] }) => mul(given(x), clip(add(div(given(x), 6), 0.5), 0, 1)),
  LeakyRelu: (node) => {
    const { inputs, attributes } = node as unknown as Node<'LeakyRelu'>;
    return where(greater(given(inputs[0]), 0), given(inputs[0]), mul(given(inputs[0]), attributes.alpha));
  },
  PRelu: ({ inputs: [x, slope] }) => where(greater(given(x), 0), given(x), mul(given(x), given(slope))),
  Softsign: ({ inputs: [x] }) => div(given(x), add(maximum(given(x), neg(given(x))), 1)),
  ThresholdedRelu: (node) => {
    const { inputs, attributes } = node as unknown as Node<'ThresholdedRelu'>;
    return where(greater(given(inputs[0]), attributes.alpha), given(inputs[0]), 0);
  },
  // The kernel takes float64 but computes in less. Its statistics, which the gradient uses, are float64 here.
  LayerNormalization: (node) => {
    const { inputs, attributes } = node as unknown as Node<'LayerNormalization'>;
    const [x, scale, bias] = inputs;
    const { axis, epsilon } = attributes;
    const first = axis < 0 ? axis + given(x).shape.length : axis;
    const axes = given(x)
      .shape.map((_, index) => index)
      .slice(first);
    const mean = reduceMean(given(x), axes);
    const centred = sub(given(x), mean);
    const invStd = reciprocal(sqrt(add(reduceMean(mul(centred, centred), axes), epsilon)));
    const scaled = mul(mul(centred, invStd), given(scale));
    return [bias ? add(scaled, bias) : scaled, mean, invStd];
  },
};

/** The operand of an operator that has at least that many. */
export function given(value: Value | null | undefined): Value {
  if (!value) throw new Error('float64: expected an operand, got none');
  return value;
}

/** x/2 · (1 + erf(x/√2)) */
function geluOfErf(x: Value): Value {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) */
function geluOfTanh(x: Value): Value {
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(tanh(inner), 1));
}

/** erf x = 2x/√π · ∫₀¹ exp(-(xt)²) dt, by Gauss-Legendre quadrature. */
function erf(value: Value): Value {
  const x = clip(value, -saturated, saturated);
  const square = neg(mul(x, x));
  const terms = gaussLegendre(quadratureNodes).map(({ node, weight }) => {
    const t = (node + 1) / 2;
    return mul(exp(mul(square, t * t)), weight / 2);
  });
  return mul(
    mul(x, 2 / Math.sqrt(Math.PI)),
    terms.reduce((sum, term) => add(sum, term)),
  );
}

/** Nodes and weights on [-1, 1]: the roots of the Legendre polynomial of degree n by Newton's method. */
function gaussLegendre(n: number): readonly { readonly node: number; readonly weight: number }[] {
  return Array.from({ length: n }, (_, index) => {
    let x = Math.cos((Math.PI * (index + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 20; round++) {
      const { value, before } = legendre(n, x);
      slope = (n * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return { node: x, weight: 2 / ((1 - x * x) * slope * slope) };
  });
}

/** Pₙ(x) and Pₙ₋₁(x), by the recurrence of the Legendre polynomials. */
function legendre(n: number, x: number): { readonly value: number; readonly before: number } {
  let before = 1;
  let value = x;
  for (let degree = 2; degree <= n; degree++) {
    [before, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree];
  }
  return { value, before };
}
