import type { SampleOutcome } from '@parallax/attacks';
import type { PerturbResponse_Plan as Plan } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { CallOptions } from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { Tensor } from '@parallax/tensor';
import { FarAttacker } from '../far/far-attacker.ts';
import type { AttackBatch, AttackTask } from './attack-batch.ts';
import { perturb } from './perturb.ts';

/** What an attack claims, wherever it has run. */
export interface Perturbed {
  /** [N,C,H,W] */
  readonly images: Tensor<'float32'>;
  readonly outcomes: readonly SampleOutcome[];
  readonly plan: Plan;
}

/** Attacks the batches of one task, one after the other. */
export interface Attacker extends AsyncDisposable {
  /** `report` hears the share of the batch done, in [0,1]. */
  attack(batch: AttackBatch, options: CallOptions, report: (share: number) => void): Promise<Perturbed>;
}

/** Attacks where the task says: next to the weights of its one encoder, or here. `engine` computes what runs here. */
export function createAttacker(task: AttackTask, engine: Engine): Attacker {
  if (task.placement === 'far') return new FarAttacker(task, engine);
  return {
    attack: (batch, options, report) => perturb(task, batch, options, report),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
