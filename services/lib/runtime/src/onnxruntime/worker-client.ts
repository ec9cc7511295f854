import { Worker } from 'node:worker_threads';
import type { Feeds, Results } from '../engine.ts';
import type { Reply, Request } from './messages.ts';

interface Pending {
  readonly resolve: (results: Results) => void;
  readonly reject: (error: Error) => void;
}

type Body = Request extends infer R ? (R extends { readonly id: number } ? Omit<R, 'id'> : never) : never;

/** A run or a compilation that onnxruntime refused. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}

/** One worker thread and what has been asked of it. */
export class WorkerClient {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private readonly compiled = new Map<string, Promise<unknown>>();
  private nextId = 0;
  private assigned = 0;
  private failure: Error | undefined;

  constructor(script: URL) {
    this.worker = new Worker(script);
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))));
    this.worker.on('exit', (code) => this.fail(new RuntimeError(`the onnxruntime worker ended with status ${code}`)));
  }

  /** How many runs have been given to this worker and are not finished. */
  get load(): number {
    return this.assigned;
  }

  /** Makes sure a session exists in this worker; models are compiled once, when first needed. */
  private async compile(session: string, model: Uint8Array, threads: number): Promise<void> {
    const known = this.compiled.get(session) ?? this.send({ kind: 'compile', session, model, threads });
    this.compiled.set(session, known);
    try {
      await known;
    } catch (error) {
      // A model that was refused holds no session to release.
      this.compiled.delete(session);
      throw error;
    }
  }

  /** Compiles if need be, then runs. Counted as load from the call on, so that a second run goes to another worker. */
  async run(session: string, model: Uint8Array, threads: number, feeds: Feeds, signal?: AbortSignal): Promise<Results> {
    this.assigned++;
    try {
      await this.compile(session, model, threads);
      signal?.throwIfAborted();
      return await this.send({ kind: 'run', session, feeds });
    } finally {
      this.assigned--;
    }
  }

  async release(session: string): Promise<void> {
    const known = this.compiled.get(session);
    this.compiled.delete(session);
    const exists = await known?.then(
      () => true,
      () => false,
    );
    if (exists && this.failure === undefined) await this.send({ kind: 'release', session });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private send(body: Body): Promise<Results> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    const answer = new Promise<Results>((resolve, reject) => this.pending.set(id, { resolve, reject }));
    // A process must stay up while it waits for an answer, and may end when nothing is asked.
    this.worker.ref();
    this.worker.postMessage({ ...body, id });
    return answer;
  }

  private settle(reply: Reply): void {
    const waiting = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (this.pending.size === 0) this.worker.unref();
    if (reply.ok) waiting?.resolve(reply.results ?? {});
    else waiting?.reject(new RuntimeError(reply.message));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }
}
