import type { AttackRun } from '@parallax/proto/parallax/attack/v1/attack_run';
import { type Run, runMessage } from '@parallax/workflow';
import { loadedSpec, type StoredResult, type StoredSpec } from '../attacking/stored-run.ts';
import { attackSummaryMessage } from './attack-summary-message.ts';

/** An attack run in the words of the contracts. */
export function attackRunMessage(run: Run<StoredSpec, StoredResult>): AttackRun {
  const { spec, result } = run;
  return {
    run: runMessage(run),
    spec: loadedSpec(spec),
    result: result && { ...result, summary: attackSummaryMessage(result.summary), trajectory: [] },
  };
}
