import { convTranspose, createGraph, input } from '@parallax/graph';
import { describe, expect, it } from 'vitest';
import { describeEngine } from '../engine.contract.ts';
import { RuntimeError } from '../engine.ts';
import { createOnnxRuntimeEngine } from './engine.ts';

describe.each([1, 2])('onnxruntime with %i workers', (workers) => {
  describeEngine(() => createOnnxRuntimeEngine({ workers }));
});

describe('onnxruntime', () => {
  it('says when it compiles that it has no kernel, and stays usable', async () => {
    const engine = createOnnxRuntimeEngine({ workers: 1 });
    const [x, weight] = [input('x', [1, 1, 2, 2], 'float64'), input('w', [1, 1, 1, 1], 'float64')];
    const refused = createGraph([x, weight], { y: convTranspose(x, weight, null) });
    await expect(engine.compile(refused)).rejects.toThrow(RuntimeError);
    await expect(engine.compile(refused)).rejects.toThrow(/ConvTranspose/);
    const executable = await engine.compile(createGraph([x], { y: x }));
    await executable.close();
    await engine.close();
  });
});
