import type { Handlers, ServiceImplementation } from '../handler.ts';
import { implement } from '../implement.ts';
import type { Service } from '../method.ts';
import { RpcError } from '../rpc-error.ts';

/** A service of which only some methods are needed; the others answer UNIMPLEMENTED. */
export function implementPartly<S extends Service>(service: S, handlers: Partial<Handlers<S>>): ServiceImplementation {
  const missing = Object.keys(service).map((name) => [name, refuse(name)] as const);
  // Every method of the service has an entry; those that refuse fit any message.
  return implement(service, { ...Object.fromEntries(missing), ...handlers } as Handlers<S>);
}

function refuse(name: string): () => never {
  return () => {
    throw new RpcError('UNIMPLEMENTED', `${name} is not part of this test`);
  };
}
