import { add, erf, matMul, mul, sigmoid, tanh, transpose } from '../../../build.ts';
import type { Value } from '../../../value.ts';
import type { Attributes } from '../attributes.ts';
import { type Call, operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import type { Forms } from './form.ts';

function swapLast(x: Value): Value {
  const rank = x.shape.length;
  if (rank < 2) throw new ImportError(`expected matrices, got [${x.shape.join(', ')}]`);
  return transpose(x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
}

function flag(attributes: Attributes, name: string): boolean {
  return attributes.int(name, 0) !== 0;
}

/** α · A · B, either with its last two axes exchanged. */
function fusedMatMul(call: Call): readonly Value[] {
  const { attributes } = call;
  if (flag(attributes, 'transBatchA') || flag(attributes, 'transBatchB')) {
    throw new ImportError('attributes transBatchA and transBatchB: are not supported');
  }
  const [a, b] = [operand(call, 0, 'A'), operand(call, 1, 'B')];
  const product = matMul(flag(attributes, 'transA') ? swapLast(a) : a, flag(attributes, 'transB') ? swapLast(b) : b);
  const alpha = attributes.get('alpha', 'float') ?? 1;
  return [alpha === 1 ? product : mul(product, alpha)];
}

/** x · Φ(x) */
function gelu(x: Value): Value {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}

/** ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) */
function fastGelu(x: Value): Value {
  const cubic = mul(mul(mul(x, x), x), 0.044715);
  return mul(mul(x, 0.5), add(tanh(mul(add(x, cubic), Math.sqrt(2 / Math.PI))), 1));
}

function withBias(call: Call): Value {
  const x = operand(call, 0, 'x');
  return call.inputs[1] ? add(x, call.inputs[1]) : x;
}

/** Operators of onnxruntime that its optimiser and exporters write into files. */
export const microsoftForms: Forms = {
  'com.microsoft.BiasGelu': (call) => [gelu(withBias(call))],
  'com.microsoft.FastGelu': (call) => [fastGelu(withBias(call))],
  'com.microsoft.FusedMatMul': fusedMatMul,
  'com.microsoft.Gelu': (call) => [gelu(operand(call, 0, 'x'))],
  'com.microsoft.QuickGelu': (call) => {
    const x = operand(call, 0, 'x');
    return [mul(x, sigmoid(mul(x, call.attributes.get('alpha', 'float') ?? 1.702)))];
  },
};
