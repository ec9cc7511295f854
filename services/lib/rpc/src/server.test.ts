import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@parallax/proto/grpc/health/v1/health';
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '@parallax/proto/grpc/reflection/v1/reflection';
import { ServerReflectionService as AlphaService } from '@parallax/proto/grpc/reflection/v1alpha/reflection';
import { silentLogger } from '@parallax/telemetry';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { createServer } from './server.ts';
import { EchoService, message, startEcho } from './testing/echo-service.ts';
import { waitUntilServing } from './wait-until-serving.ts';

describe('a server', () => {
  it('says which address is in use', async () => {
    await using echo = await startEcho({});
    const second = createServer({ services: [], host: '127.0.0.1', port: echo.server.port, logger: silentLogger });
    await expect(second).rejects.toMatchObject({
      name: 'ConflictError',
      reason: 'PORT_IN_USE',
      message: `${echo.server.address}: expected an address that is free to listen on, got one that is in use`,
    });
  });

  it('says which address it cannot have', async () => {
    const server = createServer({ services: [], host: '192.0.2.1', port: 0, logger: silentLogger });
    await expect(server).rejects.toMatchObject({ reason: 'ADDRESS_REFUSED', facts: { address: '192.0.2.1:0' } });
  });

  it('turns away calls beyond its limit', async () => {
    await using echo = await startEcho(
      {
        get: async (request, { signal }) => {
          await once(signal, 'abort');
          return request;
        },
      },
      { maxConcurrentCalls: 1 },
    );
    const controller = new AbortController();
    const first = echo.client.get(message(), { signal: controller.signal }).catch(() => undefined);
    await delay(50);
    await expect(echo.client.get(message())).rejects.toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      reason: 'OVERLOADED',
    });
    controller.abort();
    await first;
  });

  it('lets calls finish when it stops, and ends those that watch', async () => {
    const echo = await startEcho({
      get: async (request) => {
        await delay(200);
        return request;
      },
      async *watch(request, { signal }) {
        yield request;
        await once(signal, 'abort');
      },
    });
    const watching = (async () => {
      for await (const _ of echo.client.watch(message()));
    })();
    const [call, watched] = [echo.client.get(message('done')), watching.catch((error: unknown) => error)];
    await delay(50);
    const start = performance.now();
    await echo.server.close(5_000);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(String((await call).contents)).toBe('done');
    expect(await watched).toMatchObject({ status: 'UNAVAILABLE', reason: 'STOPPING' });
    echo.client.close();
  });

  it('abandons calls that take too long to finish when it stops', async () => {
    const echo = await startEcho({ create: () => new Promise<never>(() => undefined) });
    const call = echo.client.create(message()).catch((error: unknown) => error);
    await delay(50);
    await echo.server.close(100);
    expect(await call).toMatchObject({ status: 'UNAVAILABLE', reason: 'STOPPING' });
    echo.client.close();
  });

  it('is called again while it cannot be reached', async () => {
    const gone = await startEcho({});
    const { port, address } = gone.server;
    await gone[Symbol.asyncDispose]();
    using client = createClient(EchoService, address);
    const call = client.get(message('late'));
    const refused = client.create(message('late')).catch((error: unknown) => error);
    await delay(150);
    await using _echo = await startEcho({ get: async (request) => request }, { port });
    expect(String((await call).contents)).toBe('late');
    expect(await refused).toMatchObject({ reason: 'PEER_UNREACHABLE' });
  });
});

describe('health', () => {
  it('knows the server and its services', async () => {
    await using echo = await startEcho({});
    using health = createClient(HealthService, echo.server.address);
    const name = 'parallax.test.v1.EchoService';
    expect(await health.check({ service: '' })).toEqual({ status: ServingStatus.SERVING });
    expect(await health.check({ service: name })).toEqual({ status: ServingStatus.SERVING });
    await expect(health.check({ service: 'x' })).rejects.toMatchObject({
      status: 'NOT_FOUND',
      message: `service: expected one of ${name}, got x`,
    });
  });

  it('can be watched', async () => {
    await using echo = await startEcho({}, { serving: false });
    using health = createClient(HealthService, echo.server.address);
    const seen: ServingStatus[] = [];
    for await (const { status } of health.watch({ service: '' })) {
      seen.push(status);
      if (status === ServingStatus.SERVING) break;
      echo.server.setServing(true);
    }
    expect(seen).toEqual([ServingStatus.NOT_SERVING, ServingStatus.SERVING]);
  });

  it('can be waited for', async () => {
    await using echo = await startEcho({}, { serving: false });
    const early = waitUntilServing(echo.server.address, { deadlineMs: 100 });
    await expect(early).rejects.toMatchObject({ status: 'DEADLINE_EXCEEDED' });
    const waiting = waitUntilServing(echo.server.address, { deadlineMs: 5_000 });
    echo.server.setServing(true);
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe('reflection', () => {
  async function ask(address: string, ...questions: ServerReflectionRequest['messageRequest'][]) {
    using client = createClient(ServerReflectionService, address);
    async function* requests() {
      for (const messageRequest of questions) yield { host: '', messageRequest };
    }
    const answers: ServerReflectionResponse['messageResponse'][] = [];
    for await (const { messageResponse } of client.serverReflectionInfo(requests())) answers.push(messageResponse);
    return answers;
  }

  const services = [
    'parallax.test.v1.EchoService',
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
  ];

  it('lists every service', async () => {
    await using echo = await startEcho({});
    expect(await ask(echo.server.address, { $case: 'listServices', value: '' })).toEqual([
      { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } },
    ]);
  });

  it('answers the older version too', async () => {
    await using echo = await startEcho({});
    using client = createClient(AlphaService, echo.server.address);
    async function* requests() {
      yield { host: '', messageRequest: { $case: 'listServices' as const, value: '*' } };
    }
    for await (const { messageResponse } of client.serverReflectionInfo(requests())) {
      expect(messageResponse).toMatchObject({ $case: 'listServicesResponse', value: { service: { length: 4 } } });
    }
  });

  it('gives files with all they import, by symbol and by name', async () => {
    await using echo = await startEcho({});
    const answers = await ask(
      echo.server.address,
      { $case: 'fileContainingSymbol', value: 'parallax.probe.v1.ProbeService.EvaluateHead' },
      { $case: 'fileContainingSymbol', value: 'parallax.common.v1.Tensor.shape' },
      { $case: 'fileByFilename', value: 'parallax/common/v1/run.proto' },
    );
    const files = answers.map((answer) => {
      if (answer?.$case !== 'fileDescriptorResponse') throw new Error(`got ${answer?.$case}`);
      return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
    });
    expect(files[0]?.[0]).toBe('parallax/probe/v1/probe_service.proto');
    expect(files[0]).toContain('google/protobuf/timestamp.proto');
    expect(files[1]).toEqual(['parallax/common/v1/tensor.proto']);
    expect(files[2]?.[0]).toBe('parallax/common/v1/run.proto');
  });

  it('says what it does not know', async () => {
    await using echo = await startEcho({});
    const answers = await ask(
      echo.server.address,
      { $case: 'fileContainingSymbol', value: 'no.Such' },
      { $case: 'fileByFilename', value: 'no.proto' },
      { $case: 'allExtensionNumbersOfType', value: 'parallax.common.v1.Tensor' },
      undefined,
    );
    expect(answers.map((answer) => answer?.$case)).toEqual(Array(4).fill('errorResponse'));
  });
});
