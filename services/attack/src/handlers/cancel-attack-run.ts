import type { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { Handler } from '@parallax/rpc';
import { attackRunMessage } from '../responses/attack-run-message.ts';
import type { Service } from '../service.ts';

/** Asks an attack run to stop; it ends at the next step. */
export function cancelAttackRun({ runs }: Service): Handler<AttackServiceService, 'cancelAttackRun'> {
  return async ({ id }) => ({ attackRun: attackRunMessage(await runs.cancel(id)) });
}
