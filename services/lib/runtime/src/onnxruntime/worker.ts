// A thread that owns onnxruntime sessions: `run()` of onnxruntime-node blocks the thread that calls it, so it must not
// be the one that answers the network.
import { parentPort } from 'node:worker_threads';
import type { DataType, Tensor } from '@parallax/tensor';
import { createTensor } from '@parallax/tensor';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { buffersOf, type Provider, type Reply, type Request, type Tensors } from './messages.ts';

const sessions = new Map<string, InferenceSession>();

async function answer(request: Request): Promise<Tensors> {
  switch (request.kind) {
    case 'compile':
      sessions.set(request.session, await compile(request.model, request.threads, request.provider));
      return {};
    case 'run':
      return run(sessionOf(request.session), request.feeds);
    case 'release':
      await sessionOf(request.session).release();
      sessions.delete(request.session);
      return {};
  }
}

/**
 * Quantised models are computed as they are defined, and alike in every graph. By default products of whole numbers are
 * fused, and on processors without instructions for 8-bit products they saturate at 16 bits: wrong by up to a half.
 */
const exactIntegers = { disable_quant_qdq: '1', x64quantprecision: '1' };

function compile(model: Uint8Array, threads: number, provider: Provider): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Idle threads that spin take the cores from other runs: on two busy cores two threads were then slower than one.
    extra: { session: { intra_op: { allow_spinning: '0' }, ...exactIntegers } },
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
}

async function run(session: InferenceSession, feeds: Tensors): Promise<Tensors> {
  const fed = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)] as const);
  const outputs = await session.run(Object.fromEntries(fed));
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromOrt(tensor)]));
}

function sessionOf(name: string): InferenceSession {
  const session = sessions.get(name);
  if (session === undefined) throw new Error(`session ${name}: not compiled in this worker`);
  return session;
}

function toOrt({ dtype, data, dims }: Tensor): OrtTensor {
  return new OrtTensor(dtype, data as Float32Array, dims);
}

function fromOrt(tensor: OrtTensor): Tensor {
  return createTensor(tensor.type as DataType, tensor.dims, tensor.data as Float32Array);
}

async function reply(request: Request): Promise<void> {
  const answered = await answer(request).then(
    (results): Reply => ({ id: request.id, ok: true, results }),
    (error: unknown): Reply => ({
      id: request.id,
      ok: false,
      message: error instanceof Error ? error.message : String(error),
    }),
  );
  parentPort?.postMessage(answered, answered.ok ? buffersOf(answered.results) : []);
}

// One request after the other, so that a session is not released under a run.
let last = Promise.resolve();
parentPort?.on('message', (request: Request) => {
  last = last.then(() => reply(request));
});
