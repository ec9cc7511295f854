import { describe, expect, it } from 'vitest';
import {
  add,
  clip,
  conv,
  exp,
  matMul,
  mul,
  pad,
  reduceMean,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  topK,
  toTheEnd,
  transpose,
} from '../../build.ts';
import { createGraph } from '../../graph.ts';
import { simplify } from '../../simplify.ts';
import { constant, input, type Value } from '../../value.ts';
import { encodeModel } from '../encode.ts';
import type { Message } from '../wire.ts';
import { type ImportedModel, importModel } from './import-model.ts';
import { float, floats, integers, node, type Synthetic, synthetic } from './synthetic.ts';

const x = input('x', ['N', 3, 4, 4]);

function imported(model: Synthetic): ImportedModel {
  return importModel(synthetic(model));
}

function shapeOf(model: Synthetic): readonly unknown[] | undefined {
  return imported(model).graph.outputs[0]?.value.shape;
}

/** The same operators on the same values. */
function expectSame(model: Synthetic, expected: Value): void {
  const found = imported(model).graph;
  expect(encodeModel(simplify(found))).toEqual(encodeModel(simplify(createGraph([x], { y: expected }))));
}

function attributeFloat(
  made: Message<'NodeProto'>,
  ...changes: readonly Message<'AttributeProto'>[]
): Message<'NodeProto'> {
  return { ...made, attribute: [...(made.attribute ?? []), ...changes] };
}

describe('older forms of operators', () => {
  const cases: Readonly<Record<string, readonly [Synthetic, (x: Value) => Value]>> = {
    'Clip with bounds as attributes': [
      { opset: 7, nodes: [attributeFloat(node('Clip', ['x'], 'y'), float('min', 0), float('max', 6))] },
      (value) => clip(value, 0, 6),
    ],
    'Pad with pads as attribute': [
      {
        opset: 7,
        nodes: [attributeFloat(node('Pad', ['x'], 'y', { pads: [0, 0, 1, 1, 0, 0, 1, 1] }), float('value', 2))],
      },
      (value) => pad(value, [0, 0, 1, 1, 0, 0, 1, 1], 2),
    ],
    'Slice with bounds as attributes': [
      { opset: 9, nodes: [node('Slice', ['x'], 'y', { starts: [1], ends: [2 ** 53], axes: [2] })] },
      (value) => slice(value, [{ axis: 2, start: 1, end: toTheEnd }]),
    ],
    'TopK with k as attribute': [
      { opset: 7, nodes: [node('TopK', ['x'], ['y', 'i'], { k: 2, axis: 1 })] },
      (value) => topK(value, 2, 1).values,
    ],
    'ReduceMean with axes as attribute': [
      { opset: 13, nodes: [node('ReduceMean', ['x'], 'y', { axes: [2, 3], keepdims: 0 })] },
      (value) => reduceMean(value, [2, 3], false),
    ],
    'Squeeze and Unsqueeze with axes as attribute': [
      {
        opset: 11,
        nodes: [
          node('Unsqueeze', ['x'], 'u', { axes: [0, 3] }),
          node('Squeeze', ['u'], 's', { axes: [0] }),
          node('Relu', ['s'], 'y'),
        ],
      },
      (value) => relu(reshape(reshape(value, [1, -1, 3, 1, 4, 4]), [-1, 3, 1, 4, 4])),
    ],
    'Softmax over all axes from one on': [
      { opset: 11, nodes: [node('Softmax', ['x'], 'y')] },
      (value) => reshape(softmax(reshape(value, [-1, 48]), 1), [-1, 3, 4, 4]),
    ],
    'Softmax over the last axis': [
      { opset: 11, nodes: [node('Softmax', ['x'], 'y', { axis: 3 })] },
      (value) => softmax(value, 3),
    ],
    'Dropout with a ratio': [
      { opset: 7, nodes: [attributeFloat(node('Dropout', ['x'], 'd'), float('ratio', 0.5)), node('Exp', ['d'], 'y')] },
      exp,
    ],
    'Conv with a window that says nothing': [
      { nodes: [node('Conv', ['x', 'w'], 'y')], initializers: [floats('w', [2, 3, 3, 3])] },
      (value) =>
        conv(value, constant({ dtype: 'float32', dims: [2, 3, 3, 3], data: new Float32Array(54).fill(1) }), null),
    ],
    'Conv with automatic padding': [
      {
        nodes: [node('Conv', ['x', 'w'], 'y', { auto_pad: 'SAME_UPPER', strides: [2, 2] })],
        initializers: [floats('w', [2, 3, 3, 3])],
      },
      (value) =>
        conv(value, constant({ dtype: 'float32', dims: [2, 3, 3, 3], data: new Float32Array(54).fill(1) }), null, {
          strides: [2, 2],
          pads: [0, 0, 1, 1],
        }),
    ],
    'Transpose that reverses the axes': [
      { nodes: [node('Transpose', ['x'], 'y')] },
      (value) => transpose(value, [3, 2, 1, 0]),
    ],
    'Cast to half precision': [{ nodes: [node('Cast', ['x'], 'h', { to: 10 }), node('Relu', ['h'], 'y')] }, relu],
    'FusedMatMul of onnxruntime': [
      {
        nodes: [
          attributeFloat(node('FusedMatMul', ['x', 'x'], 'y', { transB: 1 }, 'com.microsoft'), float('alpha', 0.5)),
        ],
        domains: ['com.microsoft'],
      },
      (value) => mul(matMul(value, transpose(value, [0, 1, 3, 2])), 0.5),
    ],
    'QuickGelu of onnxruntime': [
      {
        nodes: [attributeFloat(node('QuickGelu', ['x'], 'y', {}, 'com.microsoft'), float('alpha', 1.5))],
        domains: ['com.microsoft'],
      },
      (value) => mul(value, sigmoid(mul(value, 1.5))),
    ],
  };
  it.each(Object.entries(cases))('%s', (_, [model, expected]) => {
    expectSame(model, expected(x));
  });
});

describe('shapes that a model computes', () => {
  /** Reads lengths 0 and 2 off the input and flattens the rest: [N, -1, 4]. */
  const flattening = (rest: readonly Message<'NodeProto'>[] = []): Synthetic => ({
    initializers: [integers('zero', [0], []), integers('two', [2], []), integers('minus', [-1]), integers('axis', [0])],
    nodes: [
      node('Shape', ['x'], 'shape'),
      node('Gather', ['shape', 'zero'], 'n'),
      node('Gather', ['shape', 'two'], 'h'),
      node('Unsqueeze', ['n', 'axis'], 'n1'),
      node('Unsqueeze', ['h', 'axis'], 'h1'),
      node('Concat', ['n1', 'minus', 'h1'], 'target', { axis: 0 }),
      node('Reshape', ['x', 'target'], 'y'),
      ...rest,
    ],
  });

  it('are known where they come from the input', () => {
    expect(shapeOf(flattening())).toEqual(['N', 12, 4]);
  });

  it('are known after arithmetic', () => {
    const model: Synthetic = {
      initializers: [integers('first', [0]), integers('second', [1]), integers('side', [16]), integers('six', [6])],
      nodes: [
        node('Shape', ['x'], 'shape'),
        node('Slice', ['shape', 'first', 'second'], 'n'),
        node('Mul', ['n', 'six'], 'rows'),
        node('Div', ['rows', 'first.two'], 'half'),
        node('Concat', ['half', 'side'], 'target', { axis: 0 }),
        node('Reshape', ['x', 'target'], 'y'),
      ],
    };
    const withTwo = { ...model, initializers: [...(model.initializers ?? []), integers('first.two', [2])] };
    expect(shapeOf(withTwo)).toEqual(['3*N', 16]);
  });

  it('give an Expand to the batch', () => {
    const model: Synthetic = {
      initializers: [
        integers('zero', [0]),
        integers('one', [1]),
        floats('token', [1, 1, 4]),
        integers('rest', [1, 4]),
        integers('t', [0, 12, 4]),
      ],
      nodes: [
        node('Shape', ['x'], 'shape'),
        node('Slice', ['shape', 'zero', 'one'], 'n'),
        node('Concat', ['n', 'rest'], 'target', { axis: 0 }),
        node('Expand', ['token', 'target'], 'tokens'),
        node('Reshape', ['x', 't'], 'patches'),
        node('Concat', ['tokens', 'patches'], 'y', { axis: 1 }),
      ],
    };
    expect(shapeOf(model)).toEqual(['N', 13, 4]);
  });

  it('may be the sizes of a Resize', () => {
    const model: Synthetic = {
      initializers: [integers('zero', [0]), integers('two', [2]), integers('sizes', [8, 6])],
      nodes: [
        node('Shape', ['x'], 'shape'),
        node('Slice', ['shape', 'zero', 'two'], 'kept'),
        node('Concat', ['kept', 'sizes'], 'target', { axis: 0 }),
        node('Resize', ['x', '', '', 'target'], 'y', { mode: 'linear' }),
      ],
    };
    expect(shapeOf(model)).toEqual(['N', 3, 8, 6]);
    const fixed = { inputs: { x: [1, 3, 4, 4] }, initializers: [integers('target', [1, 3, 8, 6])] };
    expect(shapeOf({ ...fixed, nodes: (model.nodes ?? []).slice(-1) })).toEqual(['N', 3, 8, 6]);
  });

  it('pick all elements in their order, which is a reshape', () => {
    const model: Synthetic = {
      inputs: { x: ['N', 3] },
      initializers: [
        integers('flat', [-1]),
        integers('zero', [0], []),
        integers('one', [1], []),
        integers('three', [3], []),
        integers('axis', [1]),
        integers('columns', [0, 1, 2]),
      ],
      nodes: [
        node('Reshape', ['x', 'flat'], 'elements'),
        node('Shape', ['x'], 'shape'),
        node('Gather', ['shape', 'zero'], 'n'),
        node('Range', ['zero', 'n', 'one'], 'rows'),
        node('Mul', ['rows', 'three'], 'starts'),
        node('Unsqueeze', ['starts', 'axis'], 'column'),
        node('Add', ['column', 'columns'], 'indices'),
        node('Gather', ['elements', 'indices'], 'y', { axis: 0 }),
      ],
    };
    const flat = reshape(input('x', ['N', 3]), [-1]);
    expect(shapeOf(model)).toEqual(['N', 3]);
    expect(imported(model).graph.outputs[0]?.value).toEqual(reshape(flat, [-1, 3]));
    const constant = {
      inputs: { x: [1, 3] },
      initializers: [integers('flat', [-1]), integers('indices', [0, 1, 2], [1, 3])],
    };
    const nodes = (model.nodes ?? []).filter((_, index) => index === 0 || index === 7);
    expect(shapeOf({ ...constant, nodes })).toEqual(['N', 3]);
    const backwards = [integers('flat', [-1]), integers('indices', [2, 1, 0], [1, 3])];
    expect(shapeOf({ ...constant, initializers: backwards, nodes })).toEqual([1, 3]);
  });

  it('choose a branch', () => {
    const branch = (op: string): { readonly graph: Message<'GraphProto'> } => ({
      graph: { node: [node(op, ['x'], 'out')], output: [{ name: 'out' }] },
    });
    const model: Synthetic = {
      initializers: [integers('three', [3], []), integers('one', [1], [])],
      nodes: [
        node('Shape', ['x'], 'shape'),
        node('Gather', ['shape', 'one'], 'channels'),
        node('Equal', ['channels', 'three'], 'rgb'),
        node('If', ['rgb'], 'y', { then_branch: branch('Relu'), else_branch: branch('Exp') }),
      ],
    };
    expectSame(model, relu(x));
  });

  it('bound a loop, which is written out', () => {
    const body: Message<'GraphProto'> = {
      input: [{ name: 'round' }, { name: 'going' }, { name: 'state' }],
      node: [node('Exp', ['state'], 'next'), node('Identity', ['going'], 'on')],
      output: [{ name: 'on' }, { name: 'next' }],
    };
    const model: Synthetic = {
      initializers: [integers('rounds', [3], [])],
      nodes: [node('Loop', ['rounds', '', 'x'], 'y', { body: { graph: body } })],
    };
    expectSame(model, exp(exp(exp(x))));
  });
});

describe('what a file may leave open or say twice', () => {
  it.each([
    ['a named batch', ['batch', 3, 4, 4]],
    ['an unnamed batch', [null, 3, 4, 4]],
    ['a batch of 0', [0, 3, 4, 4]],
    ['a batch of -1', [-1, 3, 4, 4]],
    ['a batch of 1', [1, 3, 4, 4]],
    ['a batch of 7', [7, 3, 4, 4]],
  ])('%s becomes N', (_, shape) => {
    const { graph } = imported({ inputs: { x: shape }, nodes: [node('Relu', ['x'], 'y')] });
    expect(graph.inputs[0]?.shape).toEqual(['N', 3, 4, 4]);
    expect(graph.outputs[0]?.value.shape).toEqual(['N', 3, 4, 4]);
  });

  it('an image of open size takes the one given', () => {
    const bytes = synthetic({ inputs: { x: ['N', 3, 'h', 'w'] }, nodes: [node('Relu', ['x'], 'y')] });
    expect(importModel(bytes, { inputShape: [3, 8, 6] }).graph.inputs[0]?.shape).toEqual(['N', 3, 8, 6]);
    expect(() => importModel(bytes)).toThrow(/input x: expected a shape known but for the batch, got \[N, 3, h, w\]/);
    expect(() => importModel(bytes, { inputShape: [1, 8, 6] })).toThrow('input shape: expected 3 on axis 1');
  });

  it('an initializer that is an input too is a constant', () => {
    const { graph } = imported({
      inputs: { x: ['N', 3, 4, 4], b: [1] },
      initializers: [floats('b', [1], 2)],
      nodes: [node('Add', ['x', 'b'], 'y')],
    });
    expect(graph.inputs).toHaveLength(1);
  });

  it('names every tensor of the file', () => {
    const { values, producer, opset } = imported({
      nodes: [node('Relu', ['x'], 'features'), node('Exp', ['features'], 'y')],
    });
    expect([...values.keys()]).toEqual(['x', 'features', 'y']);
    expect([producer, opset]).toEqual(['test', 18]);
  });
});

describe('functions of the file', () => {
  const twice: Message<'FunctionProto'> = {
    name: 'Twice',
    domain: 'local',
    input: ['a'],
    output: ['b'],
    attribute: ['axis'],
    opsetImport: [{ domain: '', version: 18 }],
    node: [
      { opType: 'Softmax', input: ['a'], output: ['s'], attribute: [{ name: 'axis', type: 2, refAttrName: 'axis' }] },
      { opType: 'Add', input: ['s', 's'], output: ['b'] },
    ],
  };

  it('are written out, with the attributes of the call', () => {
    const model: Synthetic = {
      functions: [twice],
      domains: ['local'],
      nodes: [node('Twice', ['x'], 'y', { axis: 1 }, 'local')],
    };
    expectSame(model, add(softmax(x, 1), softmax(x, 1)));
  });

  it('may not call themselves', () => {
    const looping = { ...twice, node: [node('Twice', ['a'], 'b', {}, 'local')] };
    const model = { functions: [looping], domains: ['local'], nodes: [node('Twice', ['x'], 'y', {}, 'local')] };
    expect(() => imported(model)).toThrow(/node b \(local.Twice\): the function calls itself/);
  });
});

describe('a batch that the file fixes', () => {
  const token: Synthetic = {
    inputs: { x: [1, 3, 4, 4] },
    outputShape: [1, 17, 3],
    initializers: [integers('flat', [1, 3, 16]), floats('token', [1, 1, 3])],
    nodes: [
      node('Reshape', ['x', 'flat'], 'f'),
      node('Transpose', ['f'], 't', { perm: [0, 2, 1] }),
      node('Concat', ['token', 't'], 'y', { axis: 1 }),
    ],
  };

  it('is freed in reshapes, and a class token is repeated', () => {
    const { graph, notes } = imported(token);
    expect(graph.outputs[0]?.value.shape).toEqual(['N', 17, 3]);
    expect(notes).toEqual(['The file fixes the batch at 1; it is imported for any batch.']);
  });

  it('is found behind the sequence, as attention has it, and joined with it', () => {
    const model: Synthetic = {
      inputs: { x: [1, 5, 8] },
      outputShape: [1, 5, 8],
      initializers: [
        integers('heads', [5, 2, 4]),
        integers('rows', [5, 8]),
        integers('back', [5, 1, 8]),
        floats('w', [8, 8]),
      ],
      nodes: [
        node('Transpose', ['x'], 's', { perm: [1, 0, 2] }),
        node('Reshape', ['s', 'heads'], 'h'),
        node('Transpose', ['h'], 'hh', { perm: [1, 0, 2] }),
        node('Transpose', ['hh'], 'b', { perm: [1, 0, 2] }),
        node('Reshape', ['b', 'rows'], 'r'),
        node('MatMul', ['r', 'w'], 'm'),
        node('Reshape', ['m', 'back'], 'k'),
        node('Transpose', ['k'], 'y', { perm: [1, 0, 2] }),
      ],
    };
    const { graph, values } = imported(model);
    expect([values.get('h')?.shape, values.get('m')?.shape, graph.outputs[0]?.value.shape]).toEqual([
      [5, '2*N', 4],
      ['5*N', 8],
      ['N', 5, 8],
    ]);
  });

  it.each([
    ['a sum over samples', node('ReduceSum', ['x', 'axis'], 'y', { keepdims: 1 }), 'ReduceSum'],
    ['a softmax over samples', node('Softmax', ['x'], 'y', { axis: 0 }), 'Softmax'],
    ['one sample picked', node('Gather', ['x', 'axis'], 'y', { axis: 0 }), 'Gather'],
    ['a batch axis taken away', node('Squeeze', ['x', 'axis'], 'y'), 'Squeeze'],
  ])('stays where a model needs it: %s', (_, made, op) => {
    const model: Synthetic = { inputs: { x: [1, 3, 4, 4] }, initializers: [integers('axis', [0])], nodes: [made] };
    const { graph, notes } = imported(model);
    expect(graph.inputs[0]?.shape).toEqual([1, 3, 4, 4]);
    expect(notes[0]).toMatch(new RegExp(`The batch stays fixed at 1, as in the file: node y \\(${op}\\)`));
  });
});
