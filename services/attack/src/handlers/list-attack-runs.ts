import type { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { Handler } from '@parallax/rpc';
import { statesOf } from '@parallax/workflow';
import { attackRunMessage } from '../responses/attack-run-message.ts';
import type { Service } from '../service.ts';

/** Returns one page of attack runs, the newest first. */
export function listAttackRuns({ runs }: Service): Handler<AttackServiceService, 'listAttackRuns'> {
  return async ({ pageSize, pageToken, state }) => {
    const page = await runs.list({ pageSize, pageToken, states: statesOf(state) });
    return { attackRuns: page.runs.map(attackRunMessage), nextPageToken: page.nextPageToken };
  };
}
