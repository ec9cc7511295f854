import { EventEmitter, once } from 'node:events';
import {
  type HealthCheckResponse,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@parallax/proto/grpc/health/v1/health';
import { orAbandon } from './abandon.ts';
import { notFound } from './errors.ts';
import type { ServiceImplementation } from './handler.ts';
import { implement } from './implement.ts';

/** The health of a server and of each of its services. */
export interface Health {
  /** The standard health service. */
  readonly implementation: ServiceImplementation;
  /** Says whether calls are accepted, for the whole server and all its services. */
  setServing(serving: boolean): void;
}

/** Creates the health of a server with these services. */
export function createHealth(services: readonly string[], serving: boolean): Health {
  const known = new Set(['', ...services]);
  const changes = new EventEmitter().setMaxListeners(0);
  let current = statusOf(serving);

  async function* watch(service: string, signal: AbortSignal): AsyncGenerator<HealthCheckResponse> {
    for (;;) {
      const sent = current;
      yield { status: known.has(service) ? sent : ServingStatus.SERVICE_UNKNOWN };
      if (current === sent) await orAbandon(once(changes, 'change'), signal);
    }
  }

  return {
    implementation: implement(HealthService, {
      check: async ({ service }) => {
        if (!known.has(service)) throw notFound(`service: expected one of ${services.join(', ')}, got ${service}`);
        return { status: current };
      },
      watch: ({ service }, { signal }) => watch(service, signal),
    }),
    setServing: (now) => {
      current = statusOf(now);
      changes.emit('change');
    },
  };
}

function statusOf(serving: boolean): ServingStatus {
  return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
}
