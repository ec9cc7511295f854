import path from 'node:path';
import process from 'node:process';
import { parseQuantity } from '@parallax/attacks';
import { startJsonPeer } from '../json-peer.ts';
import type { Seconds } from '../stopwatch.ts';
import type { Reference, ReferenceRun } from './compare.ts';

/** What the public implementation says of the images, and how long it took. */
export interface PeerResult {
  readonly seconds: Seconds;
  /** 1 where the image is right. */
  readonly clean: readonly number[];
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
  const { ask, close } = await startJsonPeer(python, [script, checkout, model, String(threads)]);
  return {
    run: async ({ norm, eps, n }, { mean, std }, images) =>
      (await ask({ norm, eps: parseQuantity(eps), count: n, mean, std, images })) as PeerResult,
    close,
  };
}
