import { describe, expect, it } from 'vitest';
import { diagnoseEngines } from './diagnose.ts';

describe('the doctor', () => {
  it('tries every engine, and says of each that does not run why, and how to get it', async () => {
    const reports = await diagnoseEngines();
    const ready = reports.filter((report) => report.ready).map(({ engine }) => engine);
    expect(ready).toEqual(expect.arrayContaining(['onnxruntime cpu', 'tfjs cpu', 'tfjs wasm']));
    expect(reports.map(({ engine }) => engine)).toEqual(
      expect.arrayContaining(['onnxruntime webgpu', 'tfjs node', 'tfjs node-gpu']),
    );
    for (const { engine, ready: runs, detail, remedy } of reports) {
      expect(detail, engine).not.toBe('');
      expect(remedy !== '', engine).toBe(!runs);
    }
  });
});
