import { InputError, within } from '@parallax/config';
import type { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { Handler } from '@parallax/rpc';
import { prepareRun } from '../attacking/prepare-run.ts';
import { storedSpec } from '../attacking/stored-run.ts';
import { attackRunMessage } from '../responses/attack-run-message.ts';
import type { Service } from '../service.ts';

const longestRequestId = 128;

/** Queues an attack on a dataset, once it is known that it can be done. */
export function createAttackRun({ ground, runs }: Service): Handler<AttackServiceService, 'createAttackRun'> {
  return async ({ spec, requestId }, { signal, deadline }) => {
    assertRequestId(requestId);
    if (spec === undefined) throw new InputError([{ field: 'spec', expected: 'what to attack', got: 'nothing' }]);
    await within('spec', () => prepareRun(spec, ground, { signal, deadline }));
    return { attackRun: attackRunMessage(await runs.create(storedSpec(spec), requestId)) };
  };
}

function assertRequestId(requestId: string): void {
  if (requestId.length <= longestRequestId) return;
  const got = `${requestId.length} characters`;
  throw new InputError([{ field: 'request_id', expected: `at most ${longestRequestId} characters`, got }]);
}
