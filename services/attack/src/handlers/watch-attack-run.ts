import type { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { Handler } from '@parallax/rpc';
import { attackRunMessage } from '../responses/attack-run-message.ts';
import type { Service } from '../service.ts';

/** Sends an attack run as it stands, then at each change. */
export function watchAttackRun({ runs }: Service): Handler<AttackServiceService, 'watchAttackRun'> {
  return async function* ({ id }, { signal }) {
    for await (const run of runs.watch(id, signal)) yield { attackRun: attackRunMessage(run) };
  };
}
