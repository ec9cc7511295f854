import { temporaryFolder } from '@parallax/store/testing';
import { expect, test } from 'vitest';
import { loadCliConfig } from '../config.ts';
import { parseOptions } from '../options/parse-options.ts';
import { createClosers } from './closers.ts';
import { localOptionsSchema } from './options.ts';
import { createPeers } from './peers.ts';
import { recordedAddresses, removeServiceRecord, writeServiceRecord } from './service-record.ts';

test('everything runs unless told otherwise, on the standard ports', () => {
  const { only, port } = parseOptions(localOptionsSchema, {});
  expect(only).toHaveLength(9);
  expect(port).toMatchObject({ gateway: 8080, 'encoder-dm': 50054, experiment: 50064 });
});

test('one word may stand for several services, and services start before those that call them', () => {
  const { only, port } = parseOptions(localOptionsSchema, { only: 'gateway,encoder', port: ['0', 'encoder-cl=1234'] });
  expect(only).toEqual(['encoder-sl', 'encoder-cl', 'encoder-mim', 'encoder-dm', 'gateway']);
  expect(port).toMatchObject({ 'encoder-cl': 1234, 'encoder-sl': 0, gateway: 0 });
});

test('services find those that run here, else those of the configuration', () => {
  const peers = createPeers(loadCliConfig({}, { PARALLAX_ATTACK: 'far:1', PARALLAX_PROBE: 'far:2' }));
  peers.add('attack', '127.0.0.1:4711');
  peers.add('encoder-cl', '127.0.0.1:4712');
  expect(peers.variables()).toMatchObject({
    PARALLAX_ATTACK: '127.0.0.1:4711',
    PARALLAX_PROBE: 'far:2',
    PARALLAX_ENCODERS: 'sl=127.0.0.1:50051,cl=127.0.0.1:4712,mim=127.0.0.1:50053,dm=127.0.0.1:50054',
  });
});

test('addresses are found while the process that wrote them lives', async () => {
  await using folder = await temporaryFolder();
  const addresses = { PARALLAX_ATTACK: '127.0.0.1:4711' };
  expect(await recordedAddresses(folder.path)).toEqual({});
  await writeServiceRecord(folder.path, { pid: process.pid, addresses });
  expect(await recordedAddresses(folder.path)).toEqual(addresses);
  await removeServiceRecord(folder.path, process.pid + 1);
  expect(await recordedAddresses(folder.path)).toEqual(addresses);
  await removeServiceRecord(folder.path, process.pid);
  expect(await recordedAddresses(folder.path)).toEqual({});
  const dead = 2 ** 30;
  await writeServiceRecord(folder.path, { pid: dead, addresses });
  expect(await recordedAddresses(folder.path)).toEqual({});
});

test('what was opened last is closed first, all of it, and the first failure is told', async () => {
  const closed: number[] = [];
  const closers = createClosers();
  closers.add(async () => closed.push(1));
  closers.add(async () => {
    throw new Error('stuck');
  });
  closers.add(async () => closed.push(3));
  await expect(closers.closeAll()).rejects.toThrow('stuck');
  expect(closed).toEqual([3, 1]);
});
