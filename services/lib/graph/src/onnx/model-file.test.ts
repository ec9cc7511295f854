import { float32 } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { add, matMul } from '../build.ts';
import { createGraph } from '../graph.ts';
import { constantTensor, input } from '../value.ts';
import { encodeModel } from './encode.ts';
import { ImportError } from './import/import-error.ts';
import { importModel } from './import/import-model.ts';
import { bindInputs, decodeTensorProto, outlineModel } from './model-file.ts';
import { encodeMessage } from './wire.ts';

const [x, y] = [input('x', [2]), input('y', [2])];
const model = encodeModel(createGraph([x, y], { z: add(x, y) }));
const tensor = encodeMessage('TensorProto', { dims: [2], dataType: 1, floatData: [3, 4] });

describe('a model file', () => {
  it('tells its inputs, outputs and operators', () => {
    expect(outlineModel(model)).toEqual({ inputs: ['x', 'y'], outputs: ['z'], operators: ['Add'] });
    const square = input('m', [2, 2]);
    const twice = encodeModel(createGraph([square], { p: matMul(matMul(square, square), square) }));
    expect(outlineModel(twice).operators).toEqual(['MatMul']);
    expect(() => outlineModel(Uint8Array.of(255))).toThrow(ImportError);
  });

  it('takes values for inputs', () => {
    const bound = bindInputs(model, { y: tensor });
    expect(outlineModel(bound).inputs).toEqual(['x']);
    const { graph } = importModel(bound);
    const { source } = graph.outputs[0]?.value ?? x;
    expect(source.kind === 'node' && constantTensor(source.node.inputs[1])).toEqual(float32([2], [3, 4]));
    expect(() => bindInputs(model, { w: tensor })).toThrow('input w: expected an input of the model, got none');
  });

  it('reads tensors', () => {
    expect(decodeTensorProto(tensor)).toEqual(float32([2], [3, 4]));
    const external = encodeMessage('TensorProto', { dims: [2], dataType: 1, dataLocation: 1 });
    expect(() => decodeTensorProto(external)).toThrow(ImportError);
  });
});
