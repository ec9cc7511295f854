import { Worker } from 'node:worker_threads';
import type { Tensor } from '@parallax/tensor';
import { RuntimeError } from '../engine.ts';
import { buffersOf, type Provider, type Reply, type Request, type Task, type Tensors } from './messages.ts';

interface Waiting {
  readonly resolve: (results: Tensors) => void;
  readonly reject: (error: Error) => void;
}

/** One worker thread, the sessions in it, and what has been asked of it. */
export class WorkerClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private readonly sessions = new Set<string>();
  private nextId = 0;
  /** Requests that the thread has not answered, also those whose caller has been given up on. */
  private unanswered = 0;
  private failure: Error | undefined;
  private onIdle = (): void => {};

  /** `onFailure` is called once, when the thread has ended for whatever reason. */
  constructor(script: URL, onFailure: () => void) {
    this.worker = new Worker(script);
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error: unknown) =>
      this.fail(new RuntimeError('the onnxruntime worker failed', { cause: error })),
    );
    this.worker.on('exit', (status) => {
      this.unanswered = 0;
      this.onIdle();
      this.fail(new RuntimeError(`the onnxruntime worker ended with status ${status}`));
      onFailure();
    });
  }

  /** Whether the thread still answers. */
  get alive(): boolean {
    return this.failure === undefined;
  }

  has(session: string): boolean {
    return this.sessions.has(session);
  }

  async compile(session: string, model: Uint8Array, threads: number, provider: Provider): Promise<void> {
    await this.send({ kind: 'compile', session, model, threads, provider }, []);
    this.sessions.add(session);
  }

  run(session: string, feeds: Tensors): Promise<Tensors> {
    const own = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, copied(tensor)]));
    return this.send({ kind: 'run', session, feeds: own }, buffersOf(own));
  }

  /** Frees a session. A thread that has ended holds none. */
  async release(session: string): Promise<void> {
    if (this.sessions.delete(session) && this.alive) await this.send({ kind: 'release', session }, []);
  }

  /**
   * Ends the thread; what it still owes is rejected with `reason` at once. The request it is at is waited for: a thread
   * that is ended inside onnxruntime takes the whole process with it.
   */
  async close(reason: Error): Promise<void> {
    this.fail(reason);
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
      if (this.unanswered === 0) resolve();
    });
    await this.worker.terminate();
  }

  private send(task: Task, handedOver: ArrayBuffer[]): Promise<Tensors> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    const answer = new Promise<Tensors>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    // A process must stay up while it waits for an answer, and may end when nothing is asked.
    this.worker.ref();
    this.unanswered++;
    this.worker.postMessage({ ...task, id } satisfies Request, handedOver);
    return answer;
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    this.unanswered--;
    if (this.unanswered === 0) this.rest();
    if (reply.ok) waiting?.resolve(reply.results);
    else waiting?.reject(new RuntimeError(reply.message));
  }

  private rest(): void {
    this.worker.unref();
    this.onIdle();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}

/** A copy with memory of its own: a view of a large buffer would send all of the buffer. */
function copied({ dtype, dims, data }: Tensor): Tensor {
  return { dtype, dims, data: data.slice() as Tensor['data'] };
}
