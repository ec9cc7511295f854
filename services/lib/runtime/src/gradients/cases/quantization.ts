import { apply, applyNamed, constant, mul, scalarConstant, type Value } from '@parallax/graph';
import { createTensor } from '@parallax/tensor';
import { type CompositeTable, type GradientTable, gradientCase } from '../gradient-case.ts';
import { exactly } from '../samples.ts';
import { float32Only, positive } from './families.ts';

function int8(dims: readonly number[], values: readonly number[]): Value {
  return constant(createTensor('int8', dims, Int8Array.from(values)));
}

const numbers = int8([2, 3], [-128, -3, 0, 5, 90, 127]);

function dequantized(x: Value, zeroPoint: Value | null, layout = {}): (scale: Value) => Value {
  return (scale) => apply('DequantizeLinear', [x, scale, zeroPoint], layout)[0];
}

export const quantization = {
  DequantizeLinear: [
    gradientCase('one scale', [positive([])], dequantized(numbers, null), float32Only),
    gradientCase('one scale and zero point', [positive([])], dequantized(numbers, int8([], [7])), float32Only),
    gradientCase('one scale in a vector', [positive([1])], dequantized(numbers, int8([1], [7])), float32Only),
    gradientCase('a scale for each column', [positive([3])], dequantized(numbers, int8([3], [1, 2, 3])), float32Only),
    gradientCase('a scale for each row', [positive([2])], dequantized(numbers, null, { axis: 0 }), float32Only),
    gradientCase(
      'blocks of 2 along the last axis',
      [positive([2, 2])],
      dequantized(numbers, int8([2, 2], [1, 2, 3, 4]), { axis: -1, block_size: 2 }),
      float32Only,
    ),
    gradientCase('one block', [positive([1, 3])], dequantized(numbers, null, { axis: 0, block_size: 2 }), float32Only),
    gradientCase('no numbers', [positive([3])], dequantized(int8([0, 3], []), null), float32Only),
    gradientCase('of known numbers', [exactly([3], [1, 0.5, 2])], dequantized(numbers, int8([3], [1, 2, 3])), {
      ...float32Only,
      expected: [-129, -2.5, -6, 4, 44, 248],
    }),
  ],
  MatMulInteger: 'straight through',
  QuantizeLinear: 'straight through',
} as const satisfies Partial<GradientTable>;

/** What is quantised steps: differences see the scale alone. */
export const quantizationComposites: CompositeTable = {
  DynamicQuantizeLinear: [
    gradientCase('the scale follows the range', [exactly([2, 2], [-1, 0.5, 2, 0.2])], dynamicScale, float32Only),
    gradientCase('a range of one sign', [exactly([3], [0.5, 2, 1])], dynamicScale, float32Only),
  ],
  QLinearMatMul: [
    gradientCase('as a factor', [exactly([1, 2], [1, 2])], (x) => mul(x, quantizedProduct()), {
      ...float32Only,
      expected: [1, -4],
    }),
  ],
};

function dynamicScale(x: Value): Value {
  const [, scale] = applyNamed('DynamicQuantizeLinear', { inputs: [x], outputs: 3 }, {});
  return scale ?? scalarConstant(0);
}

/** (12 - 10, 8 - 10)/2 · (2 -2; 1 0) = (1, -2), in halves around 5: 7 and 1. */
function quantizedProduct(): Value {
  const uint8 = (dims: readonly number[], ...values: readonly number[]): Value =>
    constant(createTensor('uint8', dims, Uint8Array.from(values)));
  const [half, five] = [scalarConstant(0.5), scalarConstant(5, 'uint8')];
  const a = [uint8([1, 2], 12, 8), half, scalarConstant(10, 'uint8')];
  const b = [int8([2, 2], [4, -4, 2, 0]), half, scalarConstant(0, 'int8')];
  const [y = half] = applyNamed('QLinearMatMul', { inputs: [...a, ...b, half, five], outputs: 1 }, {});
  return apply('DequantizeLinear', [y, half, five])[0];
}
