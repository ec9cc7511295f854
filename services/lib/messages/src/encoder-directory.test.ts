import { NotFoundError } from '@parallax/config';
import { Paradigm } from '@parallax/proto/parallax/common/v1/encoder_ref';
import { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createServer, type Handlers, implement, notFound, type RpcServer } from '@parallax/rpc';
import { silentLogger } from '@parallax/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EncoderDirectory } from './encoder-directory.ts';

/** Nobody listens there. */
const dead = '127.0.0.1:1';

let servers: readonly RpcServer[];
let directory: EncoderDirectory;

/** A deployment of one encoder, which can do nothing but say so. */
function serve(name: string): Promise<RpcServer> {
  const getEncoder: Handlers<EncoderServiceService>['getEncoder'] = async (request) => {
    if (request.name !== name) throw notFound('no such encoder', { reason: 'ENCODER_NOT_FOUND' });
    return { encoder: Encoder.create({ name }) };
  };
  // The directory calls nothing else.
  const handlers = { getEncoder } as unknown as Handlers<EncoderServiceService>;
  const services = [implement(EncoderServiceService, handlers)];
  return createServer({ services, host: '127.0.0.1', port: 0, logger: silentLogger });
}

beforeAll(async () => {
  servers = await Promise.all([serve('one'), serve('two')]);
  const [first, second] = servers.map(({ address }) => address);
  directory = new EncoderDirectory(
    new Map([
      ['sl', first ?? ''],
      ['cl', dead],
      ['dm', second ?? ''],
    ]),
  );
});
afterAll(async () => {
  directory?.close();
  await Promise.all((servers ?? []).map((server) => server.close(0)));
});

const find = (name: string, { paradigm = Paradigm.UNSPECIFIED as Paradigm, address = '' } = {}) =>
  directory.find({ name, paradigm, address });

it('asks each deployment for an encoder of which only the name is known, also past one that is down', async () => {
  expect((await find('one')).client.address).toBe(servers[0]?.address);
  expect((await find('two')).client.address).toBe(servers[1]?.address);
  await expect(find('three')).rejects.toMatchObject({ status: 'UNAVAILABLE' });
});

it('asks nobody but the deployment of the paradigm, or the address', async () => {
  await expect(find('one', { paradigm: Paradigm.DM })).rejects.toThrow(NotFoundError);
  expect((await find('two', { address: servers[1]?.address ?? '' })).encoder.name).toBe('two');
  await expect(find('two', { paradigm: Paradigm.MIM })).rejects.toThrow('expected a deployment of one of sl, cl, dm');
});
