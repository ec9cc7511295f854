import { InputError, parseAll } from '@parallax/config';
import { type EncoderDirectory, notImplemented, parseAttackSpec, parseObjectives, parseSeed } from '@parallax/messages';
import type { AttackSource } from '@parallax/proto/parallax/attack/v1/attack_run';
import { type AttackSpec, Placement } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { CallOptions } from '@parallax/rpc';
import type { AttackTask } from './attack-batch.ts';
import { imageShape, type Source } from './source.ts';

/** What the requests that attack have in common. */
export interface GivenAttack {
  readonly sources: readonly AttackSource[];
  readonly attack: AttackSpec | undefined;
  readonly seed: bigint;
}

/** Whom to ask, for which RPC, and for how long. */
export interface AttackEnvironment {
  readonly encoders: EncoderDirectory;
  readonly rpc: string;
  readonly options: CallOptions;
}

/**
 * Finds the encoder and reads the attack against it.
 * @throws InputError naming every field that is wrong; NotFoundError for an unknown encoder or attack; RpcError
 * UNIMPLEMENTED for what the contracts have and this server does not do yet.
 */
export async function prepareAttack(given: GivenAttack, environment: AttackEnvironment): Promise<AttackTask> {
  const { rpc } = environment;
  const source = await findSource(given.sources, environment);
  const { attack, seed } = parseAll({
    attack: () => parseAttackSpec(given.attack, imageShape(source)),
    seed: () => parseSeed(given.seed),
  });
  if (given.attack?.placement === Placement.FAR) throw notImplemented(rpc, 'attack.placement FAR');
  const objectives = parseObjectives(attack, source.objective, 'sources[0].objective').map(({ spec }) => spec);
  return { source, spec: given.attack as AttackSpec, attack, objectives, seed };
}

async function findSource(
  given: readonly AttackSource[],
  { encoders, rpc, options }: AttackEnvironment,
): Promise<Source> {
  const [source] = given;
  if (source?.encoder === undefined) {
    throw new InputError([{ field: 'sources', expected: 'at least one encoder', got: `${given.length}` }]);
  }
  if (given.length > 1) throw notImplemented(rpc, 'a sum over several sources');
  const { head, objective, weight = 1 } = source;
  if (!(weight > 0)) {
    throw new InputError([{ field: 'sources[0].weight', expected: 'a number > 0', got: String(weight) }]);
  }
  return { ...(await encoders.find(source.encoder, options)), head, objective };
}
