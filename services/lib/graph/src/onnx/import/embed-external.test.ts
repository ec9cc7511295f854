import { describe, expect, it } from 'vitest';
import { constantTensor } from '../../value.ts';
import { encodeMessage, type Message } from '../wire.ts';
import { embedExternalData } from './embed-external.ts';
import { importModel } from './import-model.ts';

const floats = Float32Array.of(1, 2, 3, 4);
const file = new Uint8Array(floats.buffer);

function model(entries: Readonly<Record<string, string>>): Uint8Array {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const shape = { dim: [{ dimParam: 'N' }, { dimValue: 2 }] };
  const vector = { name: 'x', type: { tensorType: { elemType: 1, shape } } };
  const message: Message<'ModelProto'> = {
    irVersion: 10,
    producerName: 'elsewhere',
    opsetImport: [{ domain: '', version: 21 }],
    graph: {
      initializer: [{ name: 'w', dims: [2], dataType: 1, dataLocation: 1, externalData }],
      node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
      input: [vector],
      output: [{ ...vector, name: 'y' }],
    },
  };
  return encodeMessage('ModelProto', message);
}

describe('a model with data beside it', () => {
  it('gets them embedded, and is otherwise the same', () => {
    const asked: string[] = [];
    const bytes = embedExternalData(model({ location: 'weights/w.bin', offset: '8', length: '8' }), (location) => {
      asked.push(location);
      return file;
    });
    expect(asked).toEqual(['weights/w.bin']);
    const { values, producer } = importModel(bytes);
    expect(producer).toBe('elsewhere');
    expect(constantTensor(values.get('w'))?.data).toEqual(Float32Array.of(3, 4));
  });

  it('stays as it is when nothing is beside it', () => {
    const whole = embedExternalData(model({ location: 'w', length: '8' }), () => file);
    const again = embedExternalData(whole, () => {
      throw new Error('expected no file to be read');
    });
    expect(again).toEqual(whole);
  });

  it.each([
    ['a path that leaves the folder', { location: '../w' }, /path beside the model/],
    ['an absolute path', { location: '/etc/passwd' }, /path beside the model/],
    ['a range outside the file', { location: 'w', offset: '12', length: '8' }, /expected bytes 12 to 20/],
  ])('is refused with %s', (_, entries, message) => {
    expect(() => embedExternalData(model(entries), () => file)).toThrow(message);
  });

  it('is refused when it is no model', () => {
    expect(() => embedExternalData(Buffer.from('hello'), () => file)).toThrow(/expected an ONNX model, got 5 bytes/);
  });
});
