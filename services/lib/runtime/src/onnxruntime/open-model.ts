import type { Executable } from '../engine.ts';
import { workerScript } from './engine.ts';
import { WorkerPool } from './worker-pool.ts';

/**
 * Opens the bytes of a model file with onnxruntime as they are: nothing is imported, checked or rewritten. This is what
 * an imported model is compared with. Feeds are not checked either.
 * @throws RuntimeError when onnxruntime refuses the model.
 */
export async function openModel(model: Uint8Array): Promise<Pick<Executable, 'run' | 'close'>> {
  const pool = new WorkerPool(workerScript(), 1);
  const session = { name: 'model', model, threads: 1 };
  try {
    await pool.compile(session);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return { run: (feeds, { signal } = {}) => pool.run(session, feeds, signal), close: () => pool.close() };
}
