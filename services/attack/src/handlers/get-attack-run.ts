import type { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { Handler } from '@parallax/rpc';
import { attackRunMessage } from '../responses/attack-run-message.ts';
import type { Service } from '../service.ts';

/** Returns an attack run as it stands. */
export function getAttackRun({ runs }: Service): Handler<AttackServiceService, 'getAttackRun'> {
  return async ({ id }) => ({ attackRun: attackRunMessage(await runs.get(id)) });
}
