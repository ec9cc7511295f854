import { HealthService, HealthCheckResponse_ServingStatus as Status } from '@parallax/proto/grpc/health/v1/health';
import { ServerReflectionRequest, ServerReflectionService } from '@parallax/proto/grpc/reflection/v1/reflection';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { processNames, serviceOf } from '../deployment.ts';
import { last } from '../samples.ts';

/** The service each process is there for; the gateway speaks HTTP and has none. */
const ownServices: Readonly<Record<string, readonly string[]>> = {
  encoder: ['parallax.encoder.v1.EncoderService'],
  attack: ['parallax.attack.v1.AttackService'],
  probe: ['parallax.probe.v1.ProbeService'],
  metrics: ['parallax.metrics.v1.MetricsService'],
  experiment: ['parallax.experiment.v1.ExperimentService'],
  gateway: [],
};

/** Every process answers the questions that tools ask of any gRPC server. */
export function portsSuite(context: ContractContext): void {
  describe.each(processNames)('%s', (name) => {
    test('says that it serves', async () => {
      using health = context.client(HealthService, name);
      for (const service of ['', ...(ownServices[serviceOf(name)] ?? [])]) {
        expect(await health.check({ service })).toEqual({ status: Status.SERVING });
      }
      await expect(health.check({ service: 'no.such.Service' })).rejects.toMatchObject({ status: 'NOT_FOUND' });
    });

    test('lists its services by reflection', async () => {
      using reflection = context.client(ServerReflectionService, name);
      async function* ask() {
        const messageRequest = { $case: 'listServices' as const, value: '' };
        yield { ...ServerReflectionRequest.create(), messageRequest };
      }
      const { messageResponse } = await last(reflection.serverReflectionInfo(ask()));
      const listed = messageResponse?.$case === 'listServicesResponse' ? messageResponse.value.service : [];
      const expected = [...(ownServices[serviceOf(name)] ?? []), 'grpc.health.v1.Health'];
      expect(listed.map((service) => service.name)).toEqual(expect.arrayContaining(expected));
    });
  });
}
