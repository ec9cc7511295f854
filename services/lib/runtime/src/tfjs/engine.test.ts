import { createGraph, type Graph, input, neg } from '@parallax/graph';
import { normalBatch } from '@parallax/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { residualNetwork } from '../batch-invariance/models.ts';
import { describeEngine } from '../engine.contract.ts';
import { RuntimeError } from '../engine.ts';
import { createTfjsEngine } from './engine.ts';

// A product of two 64 × 64 matrices takes 2 ms in plain JavaScript and 0.3 ms in WebAssembly.
const speeds = { cpu: 0.01, wasm: 0.05 };
const images = { x: normalBatch({ seed: 1, purpose: 'images' }, [0], [3, 16, 16]) };
const manyImages = { x: normalBatch({ seed: 1, purpose: 'images' }, [...Array(32).keys()], [3, 16, 16]) };

function network(): Graph {
  const x = input('x', ['N', 3, 16, 16]);
  return createGraph([x], { y: residualNetwork(x) });
}

describe.each(['cpu', 'wasm'] as const)('tfjs on %s', (backend) => {
  describeEngine(() => createTfjsEngine({ backend }), { float64: false, speed: speeds[backend] });

  it('frees the memory of its runs, also of those that are aborted, and of what is closed', async () => {
    const engine = createTfjsEngine({ backend });
    const before = tf.memory().numTensors;
    const executable = await engine.compile(network());
    await executable.run(images);
    const withConstants = tf.memory().numTensors;
    for (let run = 0; run < 3; run++) await executable.run(images);
    const controller = new AbortController();
    const aborted = executable.run(manyImages, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 1);
    await expect(aborted).rejects.toThrow('enough');
    await executable.run(images);
    expect(tf.memory().numTensors).toBe(withConstants);
    await executable.close();
    expect(tf.memory().numTensors).toBe(before);
    await engine.close();
  });
});

describe('tfjs', () => {
  it('says which package brings a backend that is not installed', async () => {
    const engine = createTfjsEngine({ backend: 'node-gpu' });
    const x = input('x', [1]);
    const compiled = engine.compile(createGraph([x], { y: x }));
    await expect(compiled).rejects.toThrow(RuntimeError);
    await expect(compiled).rejects.toThrow(/node-gpu: expected the package @tensorflow\/tfjs-node-gpu/);
    await engine.close();
  });

  it('says in which node a 64-bit integer does not fit', async () => {
    const engine = createTfjsEngine();
    const x = input('x', [1], 'int64');
    const executable = await engine.compile(createGraph([x], { y: neg(x) }));
    const run = executable.run({ x: { dtype: 'int64', dims: [1], data: BigInt64Array.of(2n ** 40n) } });
    await expect(run).rejects.toThrow(/node Neg: .*int64 within 32 bits, got 1099511627776/);
    await engine.close();
  });
});
