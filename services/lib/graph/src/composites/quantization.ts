import { apply } from '../apply.ts';
import { cast, clip, div, matMul, maximum, minimum, neg, reduceMax, reduceMin, round, sub } from '../build.ts';
import { GraphError } from '../errors.ts';
import type { Value } from '../value.ts';
import { type Application, type Composite, composite, requiredInputs } from './composite.ts';

/** The largest number of type uint8. */
const largest = 255;

/** The numbers that quantised operands stand for. */
function dequantized(x: Value, scale: Value, zeroPoint: Value, axis = 1): Value {
  return apply('DequantizeLinear', [x, scale, zeroPoint], { axis })[0];
}

/**
 * Numbers in the range of x and 0 as uint8, with the scale and the zero point. The gradient of the scale is that of the
 * range: it reaches the largest and the smallest number. @throws GraphError when x is not float32.
 */
function quantizeDynamically(application: Application): readonly Value[] {
  const [x] = requiredInputs('DynamicQuantizeLinear', application, ['x']);
  const high = maximum(reduceMax(x, undefined, false), 0);
  const low = minimum(reduceMin(x, undefined, false), 0);
  const scale = div(sub(high, low), largest);
  const zeroPoint = cast(round(clip(neg(div(low, scale)), 0, largest)), 'uint8');
  return [apply('QuantizeLinear', [x, scale, zeroPoint])[0], scale, zeroPoint];
}

/** A product of matrices between one dequantisation of its operands and one quantisation. */
function quantizedProduct(application: Application): Value {
  const op = 'QLinearMatMul';
  const names = ['a', 'a scale', 'a zero point', 'b', 'b scale', 'b zero point', 'y scale', 'y zero point'] as const;
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = requiredInputs(op, application, names);
  for (const scale of [aScale, bScale, yScale]) {
    if (scale.shape.length > 1 || (scale.shape[0] ?? 1) !== 1)
      throw new GraphError(op, `scale: expected one for the whole matrix, got [${scale.shape.join(', ')}]`);
  }
  const product = matMul(dequantized(a, aScale, aZero), dequantized(b, bScale, bZero));
  return apply('QuantizeLinear', [product, yScale, yZero])[0];
}

export const quantization: Readonly<Record<string, Composite>> = {
  DynamicQuantizeLinear: composite({}, quantizeDynamically),
  QLinearMatMul: composite({}, (application) => [quantizedProduct(application)]),
};
