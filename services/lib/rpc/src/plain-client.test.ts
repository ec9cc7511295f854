import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { NotFoundError } from '@parallax/config';
import type { Tensor } from '@parallax/proto/parallax/common/v1/tensor';
import { expect, it } from 'vitest';
import { EchoService, message, startEcho } from './testing/echo-service.ts';

// Servers treat every call as a two-way stream. Clients that know only the contracts must not notice.

it('serves clients that make ordinary unary calls', async () => {
  await using echo = await startEcho({
    get: async (request) => request,
    create: () => Promise.reject(new NotFoundError('no such thing')),
  });
  const client = new Client(echo.server.address, credentials.createInsecure());
  const call = ({ path, requestSerialize, responseDeserialize }: (typeof EchoService)['get' | 'create']) =>
    new Promise<Tensor | undefined>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        message('x'),
        new Metadata(),
        (error, value) => (error ? reject(error) : resolve(value)),
      );
    });

  expect(await call(EchoService.get)).toEqual(message('x'));
  const error = await call(EchoService.create).catch((caught: unknown) => caught as ServiceError);
  expect(error).toMatchObject({ code: 5, details: 'no such thing' });
  client.close();
});

it('refuses a unary call without a message', async () => {
  await using echo = await startEcho({ get: async (request) => request });
  const client = new Client(echo.server.address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = EchoService.get;
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const failure = new Promise((resolve) => stream.on('error', resolve));
  stream.resume().end();
  expect(await failure).toMatchObject({ code: 3, details: 'expected exactly 1 request message, got 0' });
  client.close();
});
