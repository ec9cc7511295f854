import { aggregate } from './aggregate.ts';
import { attack } from './attack.ts';
import type { CarriedOut } from './carried-out.ts';
import { probe } from './probe.ts';
import { train } from './train.ts';
import { transfer } from './transfer.ts';

/**
 * Carries out a plan: train → probe → attack → transfer → aggregate. What other services are asked for has idempotency
 * keys derived from the experiment, so an experiment that is begun again finds what it had done.
 */
export async function carryOut(experiment: CarriedOut): Promise<void> {
  await train(experiment);
  await probe(experiment);
  if (experiment.plan.attacks.length > 0) {
    await attack(experiment);
    await transfer(experiment);
  }
  await aggregate(experiment);
  await experiment.notebook.settle();
}
