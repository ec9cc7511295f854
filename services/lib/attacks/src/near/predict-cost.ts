import { looksOf } from './looks.ts';
import type { Cost, NearProgram } from './program.ts';
import type { PlacedAttack } from './runner.ts';

/** Passes it takes at most to attack so many samples; fewer when samples break early. */
export function predictCost(program: PlacedAttack, samples: number, { verdictDraws = 1 } = {}): Cost {
  const { attack, cost, selection, starts, stochastic, targets } = program;
  const { steps } = attack.procedure;
  const confirms = stochastic && selection !== 'transfer';
  const judgement = cost.evaluate.forward * (confirms ? verdictDraws : 1);
  // A sample may be taken for broken at every look, and again at the last; what is returned is judged once more.
  const confirmations = confirms ? (looksOf(steps).length + 2) * judgement : 0;
  const start = steps * cost.step.forward + cost.finish.forward + confirmations;
  // Targets are chosen by one more look at the clean image.
  const ranking = targets > 0 ? cost.evaluate.forward : 0;
  return {
    forward: samples * (judgement + ranking + starts * start),
    backward: samples * starts * steps * cost.step.backward,
  };
}

/** Gradients averaged in a step of those attacks that take any; 1 where none does. */
export function gradientDrawsOf(programs: readonly Pick<NearProgram, 'attack' | 'draws'>[]): number {
  return Math.max(1, ...programs.filter(({ attack }) => attack.needs.includes('gradient')).map(({ draws }) => draws));
}
