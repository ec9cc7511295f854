import { randomUUID } from 'node:crypto';
import type { AttackRun, AttackRunResult, AttackRunSpec } from '@parallax/proto/parallax/attack/v1/attack_run';
import { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import { createClient } from '@parallax/rpc';
import type { Shell } from '../shell.ts';
import { followRun } from './follow-run.ts';
import { resources } from './resources.ts';

/** Asks for an attack run, shows its progress, and gives what it leaves. @throws as `followRun`. */
export async function runAttack(spec: AttackRunSpec, shell: Shell): Promise<AttackRunResult | undefined> {
  const config = await shell.config();
  using client = createClient(AttackServiceService, config.attack);
  const { attackRun } = await client.createAttackRun({ spec, requestId: randomUUID() }, { signal: shell.signal });
  const id = attackRun?.run?.id ?? '';
  const encoders = spec.sources.map(({ encoder }) => encoder?.name ?? '');
  const { result } = await followRun<AttackRun>(
    {
      what: `${spec.attack?.name} on ${encoders.join('+')}`,
      watch: (signal) => resources(client.watchAttackRun({ id }, { signal }), (response) => response.attackRun),
      cancel: () => client.cancelAttackRun({ id }),
      runOf: ({ run }) => run,
    },
    shell,
  );
  return result;
}
