import { apply, gelu, relu, type Shape, sigmoid, softplus, type Value } from '@parallax/graph';
import type { Traced } from '../check-gradient.ts';
import { type GradientCase, type GradientTable, gradientCase } from '../gradient-case.ts';
import { apart, exactly, type Sample, within } from '../samples.ts';
import { anywhere, float32Only, float32Twice, unary } from './families.ts';

export const activations = {
  // Its curvature is continuous at 0 when α is 1, its slope always.
  Celu: [
    ...unary((x) => apply('Celu', [x])[0], away, float32Twice),
    gradientCase('α of 0.5', [away([8])], (x) => apply('Celu', [x], { alpha: 0.5 })[0], float32Twice),
  ],
  Elu: [
    ...unary((x) => apply('Elu', [x])[0], away, float32Twice),
    gradientCase('α of 0.5', [away([8])], (x) => apply('Elu', [x], { alpha: 0.5 })[0], float32Twice),
  ],
  Gelu: [
    ...unary(gelu, anywhere, float32Twice),
    gradientCase('approximated by tanh', [anywhere([3, 4])], approximateGelu, float32Twice),
    gradientCase('approximated by tanh, symbolic batch', [anywhere(['N', 4])], approximateGelu, float32Only),
  ],
  HardSigmoid: [
    gradientCase('on the ramp and off it', [exactly([5], [-4, -1, 0.5, 1, 4])], hardSigmoid(0.2, 0.5), float32Only),
    gradientCase('a steep ramp', [exactly([3], [-0.5, 0.25, 0.75])], hardSigmoid(2, 0), float32Only),
    gradientCase('no elements', [within([0])], hardSigmoid(0.2, 0.5), float32Only),
  ],
  HardSwish: [
    ...unary((x) => apply('HardSwish', [x])[0], anywhere, float32Twice),
    gradientCase('off the ramp', [exactly([4], [-5, -3.2, 3.2, 5])], (x) => apply('HardSwish', [x])[0], float32Only),
  ],
  LeakyRelu: [
    ...unary((x) => apply('LeakyRelu', [x])[0], away, float32Only),
    gradientCase('α of 0.3', [away([8])], (x) => apply('LeakyRelu', [x], { alpha: 0.3 })[0], float32Only),
  ],
  Mish: unary((x) => apply('Mish', [x])[0], anywhere, float32Twice),
  PRelu: slopes(),
  Relu: unary(relu, apart, { twice: true }),
  Selu: [
    ...unary((x) => apply('Selu', [x])[0], away, float32Twice),
    gradientCase('other parameters', [away([8])], (x) => apply('Selu', [x], { alpha: 2, gamma: 3 })[0], float32Twice),
  ],
  Shrink: [
    ...unary((x) => apply('Shrink', [x], { lambd: 0.4 })[0], away, {}),
    gradientCase('soft', [away([8])], (x) => apply('Shrink', [x], { lambd: 0.4, bias: 0.4 })[0]),
  ],
  Sigmoid: unary(sigmoid, anywhere),
  Softplus: unary(softplus, anywhere, float32Twice),
  Softsign: [
    ...unary((x) => apply('Softsign', [x])[0], away, float32Only),
    gradientCase('above 1', [within([2, 3], 1, 3)], (x) => apply('Softsign', [x])[0], float32Twice),
  ],
  ThresholdedRelu: [
    ...unary((x) => apply('ThresholdedRelu', [x], { alpha: 0.4 })[0], away, float32Only),
    gradientCase('α below 0', [away([8])], (x) => apply('ThresholdedRelu', [x], { alpha: -0.4 })[0], float32Only),
  ],
} as const satisfies Partial<GradientTable>;

/** Odd multiples of 0.2 around 0: farther from every kink than a difference reaches. */
function away(shape: Shape): Sample {
  const { draw } = apart(shape);
  return {
    shape,
    draw: (length: number, purpose: string) => Float64Array.from(draw(length, purpose), (value) => 4 * value),
  };
}

/** A slope repeats to the shape of the input, never the other way. */
function slopes(): readonly GradientCase[] {
  const shapes: readonly (readonly [name: string, x: Shape, slope: Shape])[] = [
    ['a slope for each entry', [2, 3], [2, 3]],
    ['one slope', [2, 3], []],
    ['a slope for each channel', [2, 3, 2, 2], [3, 1, 1]],
    ['no elements', [0, 3], [3]],
    ['lengths of 1', [1, 1], [1]],
    ['symbolic batch', ['N', 3], [3]],
  ];
  return shapes.map(([name, x, slope]) =>
    gradientCase(name, [away(x), anywhere(slope)], (value, by) => apply('PRelu', [value, by])[0], float32Only),
  );
}

function approximateGelu(x: Value): Value {
  return apply('Gelu', [x], { approximate: 'tanh' })[0];
}

function hardSigmoid(alpha: number, beta: number): Traced {
  return (x) => apply('HardSigmoid', [x], { alpha, beta })[0];
}
