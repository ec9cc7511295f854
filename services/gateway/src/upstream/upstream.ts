import { type CallOptions, type Client, createClient, RpcError, type Service, type StatusName } from '@parallax/rpc';

/** A service behind the gateway. */
export interface Upstream<S extends Service> extends Disposable {
  /** What people call it, such as `experiment service`. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly service: S;
  readonly client: Client<S>;
}

/** Creates the client of a service. Nothing is dialled before the first call. */
export function createUpstream<S extends Service>(
  name: string,
  service: S,
  address: string,
  deadlineMs: number,
): Upstream<S> {
  const client = createClient(service, address, { deadlineMs });
  return { name, address, service, client, [Symbol.dispose]: () => client.close() };
}

/** Where a call belongs: what stops it early. */
export type UpstreamOptions = Pick<CallOptions, 'signal'>;

/** Awaits an answer of a service; when none comes, the error says which service, and where it was expected. */
export async function answerOf<T>(upstream: Upstream<Service>, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw named(upstream, thrown);
  }
}

/** Passes on what a service streams; when it breaks off, the error says which service, and where it was expected. */
export async function* streamOf<T>(upstream: Upstream<Service>, messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (thrown) {
    throw named(upstream, thrown);
  }
}

/** Services say themselves what is wrong with a request; only their silence has to be given a name here. */
function named({ name, address }: Upstream<Service>, thrown: unknown): unknown {
  if (!(thrown instanceof RpcError) || !(thrown.status in silences)) return thrown;
  const { status, reason, facts, message } = thrown;
  const peer = facts['address'];
  // A service that answers may itself wait for one that does not.
  const behind = peer !== undefined && peer !== address;
  const silence = behind ? `cannot go on: ${message}` : silences[status];
  return new RpcError(status, `the ${name} at ${address} ${silence}`, {
    reason,
    facts: { ...facts, service: name, address: peer ?? address },
    cause: thrown,
  });
}

const silences: { readonly [S in StatusName]?: string } = {
  UNAVAILABLE: 'does not answer',
  DEADLINE_EXCEEDED: 'does not answer in time',
};
