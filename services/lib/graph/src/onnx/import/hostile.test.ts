import { describe, expect, it } from 'vitest';
import { encodeMessage, type Message } from '../wire.ts';
import { ImportError, UnsupportedOperatorError } from './import-error.ts';
import { type ImportOptions, importModel } from './import-model.ts';
import { floats, integers, node, type Synthetic, synthetic } from './synthetic.ts';

function nested(depth: number): Message<'GraphProto'> {
  const inner =
    depth === 0
      ? [node('Relu', ['x'], 'r0')]
      : [node('If', ['yes'], `r${depth}`, { then_branch: { graph: nested(depth - 1) } })];
  return { node: inner, output: [{ name: `r${depth}` }] };
}

/** Functions that call the next one twice each: 2^count calls. */
function doubling(count: number): Synthetic {
  const functions = Array.from({ length: count }, (_, level): Message<'FunctionProto'> => {
    const next = `F${level + 1}`;
    const body =
      level === count - 1
        ? [node('Relu', ['a'], 'b')]
        : [node(next, ['a'], 'c', {}, 'local'), node(next, ['c'], 'b', {}, 'local')];
    return {
      name: `F${level}`,
      domain: 'local',
      input: ['a'],
      output: ['b'],
      opsetImport: [{ version: 18 }],
      node: body,
    };
  });
  return { functions, domains: ['local'], nodes: [node('F0', ['x'], 'y', {}, 'local')] };
}

const yes: Message<'TensorProto'> = { name: 'yes', dataType: 9, dims: [], int32Data: [1] };
const endless: Message<'GraphProto'> = {
  input: [{ name: 'round' }, { name: 'going' }, { name: 'state' }],
  node: [node('Relu', ['state'], 'next'), node('Identity', ['going'], 'on')],
  output: [{ name: 'on' }, { name: 'next' }],
};

const relu = [node('Relu', ['x'], 'y')];
const external: Synthetic = {
  inputs: { x: ['N', 2] },
  initializers: [
    { name: 'w', dataType: 1, dims: [2], dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] },
  ],
  nodes: [node('Mul', ['x', 'w'], 'y')],
};

function elsewhere(entries: Readonly<Record<string, string>>): Synthetic {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  return { ...external, initializers: [{ name: 'w', dataType: 1, dims: [2], dataLocation: 1, externalData }] };
}

const refused: Readonly<Record<string, readonly [Synthetic | Uint8Array, RegExp, ImportOptions?]>> = {
  'no bytes': [new Uint8Array(), /graph: expected a graph, got none/],
  'bytes that are no model': [Uint8Array.of(0xff, 0xff, 0xff), /expected an ONNX model, got 3 bytes that are none/],
  'a truncated file': [synthetic({ nodes: relu }).slice(0, -5), /expected an ONNX model/],
  'text that is not UTF-8': [Uint8Array.of(0x12, 2, 0xff, 0xfe), /expected an ONNX model/],
  'an older operator set': [{ opset: 6, nodes: relu }, /opset: expected 7 to 26, got 6/],
  'a newer operator set': [{ opset: 27, nodes: relu }, /opset: expected 7 to 26, got 27/],
  'a file that is too large': [{ nodes: relu }, /model: expected at most 10 bytes/, { limits: { bytes: 10 } }],
  'a cycle': [
    { nodes: [node('Add', ['x', 'b'], 'a'), node('Relu', ['a'], 'b'), node('Relu', ['b'], 'y')] },
    /node a \(Add\): value b: used before it is computed/,
  ],
  'a name that is defined twice': [
    { nodes: [...relu, ...relu] },
    /node y \(Relu\): value y: expected one definition, got two/,
  ],
  'an output that is never computed': [{ nodes: relu, outputs: ['z'] }, /output z: never computed/],
  'an unknown operator': [
    { nodes: [node('Frobnicate', ['x'], 'y')] },
    /node y \(Frobnicate\): the operator is not supported/,
  ],
  'an operator of another domain': [
    { nodes: [node('Relu', ['x'], 'y', {}, 'com.acme')] },
    /node y \(com.acme.Relu\): the operator is not supported/,
  ],
  'an attribute of another kind': [
    { nodes: [node('Concat', ['x', 'x'], 'y', { axis: 'one' })] },
    /node y \(Concat\): attribute axis: expected int, got string/,
  ],
  'an attribute that the operator has not': [
    { nodes: [node('Relu', ['x'], 'y', { slope: 1 })] },
    /attribute slope: is not supported/,
  ],
  'an input that is left out': [
    { nodes: [node('Relu', [], 'y')] },
    /node y \(Relu\): expected all inputs that Relu needs, got 0/,
  ],
  'weights that do not fill their shape': [
    { initializers: [{ ...floats('w', [3]), dims: [4] }], nodes: relu },
    /tensor w: expected 4 elements for \[4\], got 3/,
  ],
  'weights of a negative length': [
    { initializers: [{ ...floats('w', [3]), dims: [-3] }], nodes: relu },
    /tensor w: expected lengths from 0/,
  ],
  'weights of an absurd length': [
    { initializers: [{ name: 'w', dataType: 1, dims: [2 ** 40, 2 ** 40] }], nodes: relu },
    /tensor w: expected lengths from 0/,
  ],
  'weights that are text': [
    { initializers: [{ name: 'w', dataType: 8, dims: [1] }], nodes: relu },
    /tensor w: .* got string/,
  ],
  'an input of negative length': [
    { inputs: { x: ['N', -5] }, nodes: relu },
    /input x: expected lengths from 0, got -5/,
  ],
  'an input that is no tensor': [
    encodeMessage('ModelProto', {
      opsetImport: [{ version: 18 }],
      graph: { input: [{ name: 'x' }], node: relu, output: [{ name: 'y' }] },
    }),
    /input x: expected a tensor of known rank/,
  ],
  'shapes that do not fit': [
    { nodes: [node('MatMul', ['x', 'w'], 'y')], initializers: [floats('w', [5, 2])] },
    /node y \(MatMul\): .*\[5, 2\]/,
  ],
  'a constant out of nothing': [
    { initializers: [integers('s', [2 ** 20, 2 ** 20])], nodes: [node('ConstantOfShape', ['s'], 'y')] },
    /node y \(ConstantOfShape\): expected at most/,
  ],
  'a small constant tiled': [
    {
      initializers: [floats('w', [1, 1]), integers('r', [2 ** 13, 2 ** 13])],
      nodes: [node('Expand', ['w', 'r'], 'y')],
    },
    /node y \(Expand\): expected computed constants of at most/,
  ],
  'an image enlarged': [
    {
      inputs: { x: ['N', 1, 1, 4] },
      initializers: [integers('r', [1, 2 ** 15, 2 ** 15, 4])],
      nodes: [node('Expand', ['x', 'r'], 'y')],
    },
    /node y \(Expand\): expected at most \d+ elements a sample/,
  ],
  'many constants': [
    {
      initializers: [floats('w', [1, 1]), integers('r', [2 ** 12, 2 ** 12])],
      nodes: Array.from({ length: 40 }, (_, index) => node('Expand', ['w', 'r'], index === 39 ? 'y' : `c${index}`)),
    },
    /16 times that in all/,
  ],
  'an endless loop': [
    { initializers: [yes], nodes: [node('Loop', ['', 'yes', 'x'], 'y', { body: { graph: endless } })] },
    /node y \(Loop\): expected at most 1024 rounds, got more/,
  ],
  'a branch that the image decides': [
    {
      nodes: [
        node('ReduceSum', ['x'], 's', { keepdims: 0 }),
        node('Cast', ['s'], 'c', { to: 9 }),
        node('If', ['c'], 'y', { then_branch: { graph: {} } }),
      ],
    },
    /node y \(If\): cond: expected a constant, got a branch that depends on the image/,
  ],
  'branches in branches': [
    { initializers: [yes], nodes: [node('If', ['yes'], 'y', { then_branch: { graph: nested(18) } })] },
    /expected at most 16 graphs within each other|levels of messages/,
  ],
  'functions that double': [doubling(15), /expected at most 5000 nodes, got more/, { limits: { nodes: 5000 } }],
  'functions within functions': [doubling(20), /expected at most 16 functions within each other/],
  'shape arithmetic without end': [
    {
      initializers: [integers('s', [8192])],
      nodes: [
        node('ConstantOfShape', ['s'], 'c0', { value: integers('', [1]) }),
        ...Array.from({ length: 2000 }, (_, index) => node('Add', [`c${index}`, `c${index}`], `c${index + 1}`)),
        ...relu,
      ],
    },
    /expected shape arithmetic of at most/,
  ],
  'external data that nobody reads': [external, /tensor w: expected data in the model, got external data/],
  'external data that is too short': [
    external,
    /tensor w: .*expected 8 bytes.*got 4 bytes/,
    { readExternal: () => new Uint8Array(4) },
  ],
  'external data behind the end': [
    elsewhere({ location: 'w.bin', offset: '4', length: '8' }),
    /tensor w: expected bytes 4 to 12 of w.bin, which has 8/,
    { readExternal: () => new Uint8Array(8) },
  ],
  'an offset that is none': [
    elsewhere({ location: 'w.bin', offset: '-1' }),
    /offset: expected a whole number, got "-1"/,
    { readExternal: () => new Uint8Array(8) },
  ],
  'external data that is too large': [
    external,
    /external data: expected at most/,
    { readExternal: () => new Uint8Array(2000), limits: { bytes: 1000 } },
  ],
};

function refusalOf(work: () => unknown): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : undefined;
  }
}

describe('a hostile file is refused in words: ', () => {
  it.each(Object.entries(refused))('%s', (_, [model, message, options]) => {
    const bytes = model instanceof Uint8Array ? model : synthetic(model);
    const started = performance.now();
    const refusal = refusalOf(() => importModel(bytes, options));
    expect(refusal).toBeInstanceOf(ImportError);
    expect(refusal?.message).toMatch(message);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('external data', () => {
  const locations = [
    '../w.bin',
    '/etc/passwd',
    'a/../../w.bin',
    'a\\w.bin',
    'C:w.bin',
    './w.bin',
    'a//w.bin',
    '',
    'w\0.bin',
  ];
  it.each(locations)('%j is not read', (location) => {
    const readExternal = (): Uint8Array => {
      throw new Error('must not be read');
    };
    expect(() => importModel(synthetic(elsewhere({ location })), { readExternal })).toThrow(
      /location: expected a path beside the model/,
    );
  });

  it('is read once, from the place that is named', () => {
    const asked: string[] = [];
    const data = new Uint8Array(Float32Array.of(9, 1, 2, 3, 4).buffer);
    const bytes = synthetic(elsewhere({ location: 'sub/w.bin', offset: '4', length: '8' }));
    const { values } = importModel(bytes, {
      readExternal: (location) => {
        asked.push(location);
        return data;
      },
    });
    expect(asked).toEqual(['sub/w.bin']);
    expect(values.get('w')?.source).toMatchObject({ kind: 'constant', tensor: { data: Float32Array.of(1, 2) } });
  });
});

it('a message is at most so deep', () => {
  expect(() =>
    importModel(
      synthetic({ initializers: [yes], nodes: [node('If', ['yes'], 'y', { then_branch: { graph: nested(100) } })] }),
    ),
  ).toThrow(/levels of messages/);
});

describe('an operator that is not there', () => {
  function refusalOf(model: Synthetic): unknown {
    try {
      importModel(synthetic(model));
    } catch (error) {
      return error;
    }
    return undefined;
  }

  it('says its domain and the operator set of the file', () => {
    const refusal = refusalOf({ opset: 17, nodes: [node('Frobnicate', ['x'], 'y')] });
    expect(refusal).toBeInstanceOf(UnsupportedOperatorError);
    expect(refusal).toMatchObject({ facts: { operator: 'Frobnicate', domain: 'ai.onnx', opset: 17, node: 'y' } });
  });

  it('is found within a function, by the node of its body', () => {
    const body = [node('Relu', ['a'], 'c'), node('Frobnicate', ['c'], 'b', {}, 'com.acme')];
    const opsetImport = [{ version: 18 }, { domain: 'com.acme', version: 3 }];
    const called = { name: 'F', domain: 'local', input: ['a'], output: ['b'], opsetImport, node: body };
    const refusal = refusalOf({ functions: [called], domains: ['local'], nodes: [node('F', ['x'], 'y', {}, 'local')] });
    expect(refusal).toBeInstanceOf(UnsupportedOperatorError);
    expect(refusal).toMatchObject({ facts: { operator: 'Frobnicate', domain: 'com.acme', opset: 3, node: 'b' } });
    expect(String(refusal)).toMatch(/node y \(local\.F\): node b \(com\.acme\.Frobnicate\): the operator is not/);
  });
});
