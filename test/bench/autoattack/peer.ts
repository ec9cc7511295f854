import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseQuantity } from '@parallax/attacks';
import type { Reference, ReferenceRun } from './compare.ts';

/** What the public implementation says of the images, and how long it took. */
export interface PeerResult {
  readonly seconds: number;
  /** 1 where the image is right before and after. */
  readonly robust: readonly number[];
}

/** The public implementation, in a process of its own. */
export interface Peer {
  readonly run: (run: ReferenceRun, reference: Reference, images: string) => Promise<PeerResult>;
  readonly close: () => Promise<void>;
}

/** @throws Error when Python cannot be started, or does not find what it needs. */
export async function startPeer(python: string, checkout: string, model: string, threads: number): Promise<Peer> {
  const script = path.join(process.cwd(), 'test/bench/autoattack/peer.py');
  const child = spawn(python, [script, checkout, model, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const answer = async (): Promise<unknown> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done === true) throw new Error(`peer: expected a line from ${python}, got the end of its output`);
    return JSON.parse(value);
  };
  await answer();
  return {
    run: async ({ norm, eps, n }, { mean, std }, images) => {
      child.stdin.write(`${JSON.stringify({ norm, eps: parseQuantity(eps), count: n, mean, std, images })}\n`);
      return (await answer()) as PeerResult;
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
