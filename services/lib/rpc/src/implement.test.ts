import {
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@parallax/proto/grpc/health/v1/health';
import { expect, it } from 'vitest';
import { implement } from './implement.ts';
import { unimplemented } from './unimplemented.ts';

const check = async () => ({ status: ServingStatus.SERVING });

it('a missing handler does not compile', () => {
  // @ts-expect-error: `watch` is missing.
  expect(() => implement(HealthService, { check })).not.toThrow();
});

it('a handler of the wrong kind does not compile', () => {
  // @ts-expect-error: `watch` answers with a stream.
  expect(() => implement(HealthService, { check, watch: check })).not.toThrow();
});

it('an RPC that is not planned cannot be called unimplemented', () => {
  // @ts-expect-error: health is implemented.
  expect(() => unimplemented('grpc.health.v1.Health/Check')).not.toThrow();
});
