import { setTimeout as delay } from 'node:timers/promises';
import {
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@parallax/proto/grpc/health/v1/health';
import { type CallOptions, deadlineOf } from './call-options.ts';
import { createClient } from './client.ts';
import { deadlineExceeded } from './errors.ts';
import { defaultDeadlineMs } from './limits.ts';
import { RpcError } from './rpc-error.ts';

const pauseMs = 50;

/**
 * Waits until the server at an address accepts calls.
 *
 * @throws RpcError DEADLINE_EXCEEDED after the deadline (60 s unless told otherwise), CANCELLED when the signal is aborted.
 */
export async function waitUntilServing(address: string, options: CallOptions = {}): Promise<void> {
  using client = createClient(HealthService, address);
  const deadline = deadlineOf(options, defaultDeadlineMs);
  for (let last = 'no answer'; ; await delay(pauseMs)) {
    if (deadline !== undefined && Date.now() >= deadline.getTime()) {
      throw deadlineExceeded(`${address}: expected a server that accepts calls, got ${last}`);
    }
    try {
      const { status } = await client.check({ service: '' }, { deadline, signal: options.signal });
      if (status === ServingStatus.SERVING) return;
      last = 'a server that is not ready';
    } catch (thrown) {
      if (!(thrown instanceof RpcError) || thrown.status === 'CANCELLED') throw thrown;
      last = thrown.message;
    }
  }
}
