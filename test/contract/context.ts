import { type Client, createClient, type Service } from '@parallax/rpc';
import type { Deployment, ProcessName } from './deployment.ts';

/** What the parts of the contract suite work with. */
export interface ContractContext {
  /** The deployment under test; there once the suite has begun. */
  readonly deployment: Deployment;
  /** A client of a service; every call made through it is noted. */
  client<S extends Service>(service: S, process: ProcessName): Client<S>;
  /** Full names of the RPCs called so far. */
  readonly called: ReadonlySet<string>;
}

/** The context of one run of the suite, around a deployment that is started later. */
export function createContext(deployment: () => Deployment): ContractContext {
  const called = new Set<string>();
  return {
    get deployment() {
      return deployment();
    },
    called,
    client(service, process) {
      return noting(createClient(service, deployment().addresses[process]), service, called);
    },
  };
}

/** The same client; the full name of each method used is added to `called`. */
function noting<S extends Service>(client: Client<S>, service: S, called: Set<string>): Client<S> {
  return new Proxy(client, {
    get(target, property, receiver) {
      const method = typeof property === 'string' ? service[property] : undefined;
      if (method !== undefined) called.add(method.path.slice(1));
      return Reflect.get(target, property, receiver);
    },
  });
}
