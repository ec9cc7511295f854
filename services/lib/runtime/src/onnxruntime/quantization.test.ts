import { apply, applyNamed, constant, createGraph, input, matMul, scalarConstant, type Value } from '@parallax/graph';
import { createTensor, float32, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { createOnnxRuntimeEngine } from './engine.ts';

const engine = createOnnxRuntimeEngine({ workers: 1 });
afterAll(() => engine.close());

async function run(
  x: Tensor,
  traced: (x: Value) => Readonly<Record<string, Value>>,
): Promise<Record<string, number[]>> {
  const fed = input('x', x.dims, x.dtype);
  const executable = await engine.compile(createGraph([fed], traced(fed)));
  const results = await executable.run({ x });
  await executable.close();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

describe('quantisation', () => {
  it('rounds half to even and clips to the type of the zero point', async () => {
    const x = float32([6], [-1000, -0.75, 0.25, 0.75, 1.25, 1000]);
    const { y } = await run(x, (each) => ({
      y: apply('QuantizeLinear', [each, scalarConstant(0.5), scalarConstant(1, 'int8')])[0],
    }));
    expect(y).toEqual([-128, -1, 1, 3, 3, 127]);
  });

  it('has a scale for each block of an axis', async () => {
    const { y } = await run(float32([1, 4], [2, 4, 6, 8]), (each) => ({
      y: apply('QuantizeLinear', [each, constant(float32([1, 2], [2, 4])), null], { axis: 1, block_size: 3 })[0],
    }));
    expect(y).toEqual([1, 2, 3, 2]);
  });

  it('finds the range of numbers at run time', async () => {
    const { y, scale, zero } = await run(float32([6], [0, 2, -3, -2.5, 1.34, 0.5]), (each) => {
      const [y = each, scale = each, zero = each] = applyNamed(
        'DynamicQuantizeLinear',
        { inputs: [each], outputs: 3 },
        {},
      );
      return { y, scale, zero };
    });
    expect(y).toEqual([153, 255, 0, 26, 221, 179]);
    expect(scale?.[0]).toBeCloseTo(5 / 255, 7);
    expect(zero).toEqual([153]);
  });

  it('multiplies quantised matrices', async () => {
    const a = createTensor('uint8', [1, 2], Uint8Array.of(12, 8));
    const b = constant(createTensor('int8', [2, 2], Int8Array.of(4, -4, 2, 0)));
    const scale = scalarConstant(0.5);
    const { y } = await run(a, (each) => ({
      y: applyNamed(
        'QLinearMatMul',
        {
          inputs: [
            each,
            scale,
            scalarConstant(10, 'uint8'),
            b,
            scale,
            scalarConstant(0, 'int8'),
            scale,
            scalarConstant(5, 'uint8'),
          ],
          outputs: 1,
        },
        {},
      )[0] as Value,
    }));
    // (1·2 - 1·1, 1·-2 - 1·0) / 0.5 + 5
    expect(y).toEqual([7, 1]);
  });

  // 255·127 twice is more than 16 bits hold.
  const full = { x: float32([1, 8], new Float32Array(8).fill(255)), sum: 255 * 127 * 8 };
  const weights = constant(createTensor('int8', [8, 4], new Int8Array(32).fill(127)));
  const [one, zero, bytesZero] = [scalarConstant(1), scalarConstant(0, 'int8'), scalarConstant(0, 'uint8')];

  it('does not saturate products of dequantised numbers', async () => {
    const { y } = await run(full.x, (each) => {
      const [quantized] = apply('QuantizeLinear', [each, one, bytesZero]);
      const [a] = apply('DequantizeLinear', [quantized, one, bytesZero]);
      return { y: matMul(a, apply('DequantizeLinear', [weights, one, zero])[0]) };
    });
    expect(y).toEqual(Array(4).fill(full.sum));
  });

  it('does not saturate products of whole numbers', async () => {
    const { y } = await run(full.x, (each) => {
      const [quantized] = apply('QuantizeLinear', [each, one, bytesZero]);
      return { y: apply('MatMulInteger', [quantized, weights, bytesZero, zero])[0] };
    });
    expect(y).toEqual(Array(4).fill(full.sum));
  });
});
