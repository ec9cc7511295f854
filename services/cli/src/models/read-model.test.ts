import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { constantTensor, importModel } from '@parallax/graph';
import { temporaryFolder } from '@parallax/store/testing';
import { expect, test } from 'vitest';
import { readModel } from './read-model.ts';

/** A field of a protobuf message: its number, and bytes or a text or a small number. */
function field(number: number, value: Uint8Array | string | number): Buffer {
  if (typeof value === 'number') return Buffer.from([number << 3, value]);
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields);

/** y = x + w in ONNX, with x, w and y of one float32 and w in a file beside the model. */
function modelWith(location: string): Buffer {
  const shape = message(field(1, field(1, 1)));
  const value = (name: string) => message(field(1, name), field(2, field(1, message(field(1, 1), field(2, shape)))));
  const entry = message(field(1, 'location'), field(2, location));
  const tensor = message(field(1, 1), field(2, 1), field(8, 'w'), field(13, entry), field(14, 1));
  const node = message(field(1, 'x'), field(1, 'w'), field(2, 'y'), field(4, 'Add'));
  const graph = message(field(1, node), field(5, tensor), field(11, value('x')), field(12, value('y')));
  return message(field(1, 10), field(7, graph), field(8, message(field(2, 21))));
}

async function inFolder<T>(location: string, use: (file: string, folder: string) => Promise<T>): Promise<T> {
  await using folder = await temporaryFolder();
  const own = path.join(folder.path, 'model');
  await mkdir(own);
  await writeFile(path.join(folder.path, 'outside.bin'), new Uint8Array(4));
  await writeFile(path.join(own, 'model.onnx'), modelWith(location));
  return await use(path.join(own, 'model.onnx'), own);
}

test('data beside a model are put into it', async () => {
  const model = await inFolder('w.bin', async (file, folder) => {
    await writeFile(path.join(folder, 'w.bin'), new Uint8Array(Float32Array.of(1.5).buffer));
    return readModel(file);
  });
  expect(constantTensor(importModel(model).values.get('w'))?.data).toEqual(Float32Array.of(1.5));
});

test.each([
  ['above the folder', '../outside.bin', /path beside the model/],
  ['nowhere', 'w.bin', /data beside the model, got .*w\.bin, which cannot be read/],
])('data %s are refused', async (_, location, message_) => {
  await expect(inFolder(location, readModel)).rejects.toThrow(message_);
});

test('a link out of the folder is not followed', async () => {
  const reading = inFolder('link.bin', async (file, folder) => {
    await symlink(path.join(folder, '..', 'outside.bin'), path.join(folder, 'link.bin'));
    return readModel(file);
  });
  await expect(reading).rejects.toThrow(/data beside the model, got link\.bin, which leads to .*outside\.bin/);
});
