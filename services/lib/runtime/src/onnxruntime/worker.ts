// A thread that owns onnxruntime sessions: `run()` of onnxruntime-node blocks the thread that calls it, so it must not
// be the one that answers the network.
import { parentPort } from 'node:worker_threads';
import type { DataType, Tensor } from '@parallax/tensor';
import { createTensor } from '@parallax/tensor';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Reply, Request } from './messages.ts';

const sessions = new Map<string, InferenceSession>();

async function answer(request: Request): Promise<Reply> {
  const { id, kind, session } = request;
  if (kind === 'compile') {
    const options = {
      intraOpNumThreads: request.threads,
      interOpNumThreads: 1,
      // Idle threads that spin take the cores from other runs: on two busy cores two threads were then slower than one.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    } as const;
    sessions.set(session, await InferenceSession.create(request.model, options));
    return { id, ok: true };
  }
  const found = sessions.get(session);
  if (found === undefined) throw new Error(`session ${session}: not compiled in this worker`);
  if (kind === 'release') {
    sessions.delete(session);
    await found.release();
    return { id, ok: true };
  }
  const outputs = await found.run(
    Object.fromEntries(Object.entries(request.feeds).map(([name, tensor]) => [name, toOrt(tensor)])),
  );
  return {
    id,
    ok: true,
    results: Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromOrt(tensor)])),
  };
}

function toOrt({ dtype, data, dims }: Tensor): OrtTensor {
  return new OrtTensor(dtype, data as Float32Array, dims);
}

function fromOrt(tensor: OrtTensor): Tensor {
  return createTensor(tensor.type as DataType, tensor.dims, tensor.data as Float32Array);
}

parentPort?.on('message', (request: Request) => {
  answer(request)
    .catch(
      (error: unknown): Reply => ({
        id: request.id,
        ok: false,
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    .then((reply) => parentPort?.postMessage(reply));
});
