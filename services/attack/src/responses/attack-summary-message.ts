import type { AttackSummary } from '@parallax/proto/parallax/attack/v1/attack_summary';
import type { Summary } from '../attacking/attack-tally.ts';

/** A summary in the words of the contracts. */
export function attackSummaryMessage({ diagnosis, sources = [], ...summary }: Summary): AttackSummary {
  return {
    ...summary,
    sources,
    forward: BigInt(summary.forward),
    backward: BigInt(summary.backward),
    predictedForward: BigInt(summary.predictedForward),
    predictedBackward: BigInt(summary.predictedBackward),
    diagnosis: diagnosis && {
      ...diagnosis,
      forward: BigInt(diagnosis.forward),
      backward: BigInt(diagnosis.backward),
    },
  };
}
