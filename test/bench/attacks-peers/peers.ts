import path from 'node:path';
import process from 'node:process';
import { type JsonPeer, startJsonPeer } from '../json-peer.ts';
import type { Seconds } from '../stopwatch.ts';
import type { Setting } from './setting.ts';

/** A library of attacks in PyTorch. */
export type Library = 'foolbox' | 'torchattacks';

/** An attack of a library, by the names that the library gives it and its parameters. */
export interface PeerAttack {
  readonly library: Library;
  readonly attack: string;
  readonly parameters: Readonly<Record<string, number | boolean>>;
  /** In what it is not the same, besides its random numbers. */
  readonly unlike?: string;
  /** Images attacked at once, where all of them take too much memory. */
  readonly together?: number;
}

/** What came of attacking the images that the model gets right. */
export interface Finding {
  readonly seconds: Seconds;
  /** One for each of them: the distance of what broke it, inside ball and box. */
  readonly distances: readonly (number | null)[];
  /** Images that passed through the model, for each image attacked. */
  readonly looks: number;
  /** Images returned that lie outside. */
  readonly refused: number;
}

/** Both libraries, in a process of their own. */
export interface Peers {
  readonly torch: string;
  /** Version by name; those not installed are absent. */
  readonly libraries: Readonly<Record<string, string>>;
  /** Images that PyTorch gets right, of those it was given. */
  readonly right: readonly number[];
  /** `epsilon` null: no bound. */
  readonly run: (
    attack: PeerAttack,
    budget: { readonly norm: string; readonly epsilon: number | null },
    seed: number,
  ) => Promise<Finding>;
  readonly close: JsonPeer['close'];
}

/** @throws Error when Python cannot be started, or does not find PyTorch and onnx. */
export async function startPeers(python: string, setting: Setting): Promise<Peers> {
  const script = path.join(process.cwd(), 'test/bench/attacks-peers/peers.py');
  const { greeting, ask, close } = await startJsonPeer(python, [script, JSON.stringify(setting)]);
  return {
    ...(greeting as Pick<Peers, 'torch' | 'libraries' | 'right'>),
    run: async (attack, budget, seed) => (await ask({ ...attack, ...budget, seed })) as Finding,
    close,
  };
}
