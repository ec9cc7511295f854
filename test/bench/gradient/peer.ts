import { startJsonPeer } from '../json-peer.ts';

/** PyTorch, in a process of its own. */
export interface Peer {
  readonly version: string;
  readonly models: readonly string[];
  /** Seconds that one batch took. */
  readonly run: (model: string, batch: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Starts `script` under a Python that has PyTorch. @throws Error when it cannot be started. */
export async function startPeer(python: string, script: string, threads: number): Promise<Peer> {
  const { greeting, ask, close } = await startJsonPeer(python, [script, String(threads)]);
  const { version, models } = greeting as { readonly version: unknown; readonly models: readonly string[] };
  return {
    version: String(version),
    models,
    run: async (model, batch) => {
      const { seconds } = (await ask({ model, batch })) as { readonly seconds: unknown };
      return Number(seconds);
    },
    close,
  };
}
