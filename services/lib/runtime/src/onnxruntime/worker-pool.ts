import { RuntimeError } from '../engine.ts';
import type { Provider, Tensors } from './messages.ts';
import { WorkerClient } from './worker-client.ts';

/** A model under the name that workers know it by, compiled in a worker when it first runs there. */
export interface Session {
  readonly name: string;
  readonly model: Uint8Array;
  readonly threads: number;
  /** The CPU when left out. */
  readonly provider?: Provider;
}

interface Job {
  readonly session: Session;
  /** Absent: the session is only compiled. */
  readonly feeds: Tensors | undefined;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (results: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Worker threads that take jobs from one queue, one job each at a time. Threads start when they are first needed, and
 * one that dies is replaced at the next need: its job fails, the others go on.
 */
export class WorkerPool {
  private readonly script: URL;
  private readonly size: number;
  private readonly clients = new Set<WorkerClient>();
  private readonly working = new Set<WorkerClient>();
  private queue: readonly Job[] = [];
  private closed: RuntimeError | undefined;

  constructor(script: URL, size: number) {
    this.script = script;
    this.size = size;
  }

  /** Makes sure that a session is compiled in one worker. @throws RuntimeError when onnxruntime refuses the model. */
  async compile(session: Session): Promise<void> {
    if ([...this.clients].some((client) => client.alive && client.has(session.name))) return;
    await this.enqueue(session, undefined, undefined);
  }

  /** Runs a session in the first worker that is free. A job that waits is not started once its signal has aborted. */
  run(session: Session, feeds: Tensors, signal?: AbortSignal): Promise<Tensors> {
    return this.enqueue(session, feeds, signal);
  }

  /** Frees a session in every worker. No job of it may be waiting or running. */
  async release({ name }: Session): Promise<void> {
    await Promise.all([...this.clients].map((client) => client.release(name)));
  }

  /** Ends all threads; what waits or runs is rejected. */
  async close(): Promise<void> {
    const reason = new RuntimeError('the engine is closed');
    this.closed ??= reason;
    for (const { reject } of this.queue) reject(reason);
    this.queue = [];
    await Promise.all([...this.clients].map((client) => client.close(reason)));
  }

  private enqueue(session: Session, feeds: Tensors | undefined, signal: AbortSignal | undefined): Promise<Tensors> {
    if (this.closed !== undefined) return Promise.reject(this.closed);
    const answer = new Promise<Tensors>((resolve, reject) => {
      this.queue = [...this.queue, { session, feeds, signal, resolve, reject }];
    });
    this.dispatch();
    return answer;
  }

  private dispatch(): void {
    for (const { signal, reject } of this.queue) if (signal?.aborted) reject(signal.reason);
    this.queue = this.queue.filter(({ signal }) => !signal?.aborted);
    for (const job of this.queue) {
      const client = this.freeClient(job.session.name);
      if (client === undefined) return;
      this.queue = this.queue.filter((each) => each !== job);
      this.working.add(client);
      perform(client, job)
        .then(job.resolve, job.reject)
        .finally(() => {
          this.working.delete(client);
          this.dispatch();
        });
    }
  }

  /** A free worker, if possible one that has compiled the session. */
  private freeClient(session: string): WorkerClient | undefined {
    const free = [...this.clients].filter((client) => client.alive && !this.working.has(client));
    const found = free.find((client) => client.has(session)) ?? free[0];
    return found ?? (this.clients.size < this.size ? this.start() : undefined);
  }

  private start(): WorkerClient {
    const client = new WorkerClient(this.script, () => {
      this.clients.delete(client);
      this.dispatch();
    });
    this.clients.add(client);
    return client;
  }
}

async function perform(client: WorkerClient, { session, feeds }: Job): Promise<Tensors> {
  const { name, model, threads, provider = 'cpu' } = session;
  if (!client.has(name)) await client.compile(name, model, threads, provider);
  return feeds === undefined ? {} : client.run(name, feeds);
}
