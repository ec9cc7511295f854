import { Tensor } from '@parallax/proto/parallax/common/v1/tensor';
import { silentLogger } from '@parallax/telemetry';
import { createClient } from '../client.ts';
import type { Handlers } from '../handler.ts';
import { implement } from '../implement.ts';
import { createServer, type ServerOptions } from '../server.ts';

const method = <In extends boolean, Out extends boolean>(name: string, requestStream: In, responseStream: Out) => ({
  path: `/parallax.test.v1.EchoService/${name}`,
  requestStream,
  responseStream,
  requestSerialize: (value: Tensor): Buffer => Buffer.from(Tensor.encode(value).finish()),
  requestDeserialize: (bytes: Buffer): Tensor => Tensor.decode(bytes),
  responseSerialize: (value: Tensor): Buffer => Buffer.from(Tensor.encode(value).finish()),
  responseDeserialize: (bytes: Buffer): Tensor => Tensor.decode(bytes),
});

/** A service with one method of each kind, as the generated code would define it. */
export const EchoService = {
  get: method('Get', false, false),
  create: method('Create', false, false),
  collect: method('Collect', true, false),
  repeat: method('Repeat', false, true),
  watch: method('Watch', false, true),
  exchange: method('Exchange', true, true),
};

/** Its methods. */
export type EchoService = typeof EchoService;

/** A message of some bytes. */
export const message = (contents: Buffer | string = ''): Tensor => ({
  datatype: 'UINT8',
  shape: [],
  contents: Buffer.from(contents),
});

const refuse = () => {
  throw new Error('not part of this test');
};

/** Starts a server of the echo service on a free port, with the handlers a test needs, and a client of it. */
export async function startEcho(handlers: Partial<Handlers<EchoService>>, options: Partial<ServerOptions> = {}) {
  const all = { get: refuse, create: refuse, collect: refuse, repeat: refuse, watch: refuse, exchange: refuse };
  const services = [implement(EchoService, { ...all, ...handlers })];
  const server = await createServer({ services, host: '127.0.0.1', port: 0, logger: silentLogger, ...options });
  const client = createClient(EchoService, server.address);
  const dispose = async () => {
    client.close();
    await server.close(0);
  };
  return { server, client, [Symbol.asyncDispose]: dispose };
}
