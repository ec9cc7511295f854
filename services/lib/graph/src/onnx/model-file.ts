import type { Tensor } from '@parallax/tensor';
import { ImportError } from './import/import-error.ts';
import { readTensor } from './import/tensors.ts';
import { decodeMessage, encodeMessage, type Message } from './wire.ts';

/** What a model file says of itself, without looking into it. */
export interface ModelOutline {
  /** Names of its inputs, without those that have a value in the file. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Operators of its graph, each once, with their domain where it is not that of the standard: `ai.onnx.ml.Scaler`. */
  readonly operators: readonly string[];
}

/** @throws ImportError when the bytes are no model. */
export function outlineModel(bytes: Uint8Array): ModelOutline {
  const { graph = {} } = read('ModelProto', bytes);
  const fixed = new Set((graph.initializer ?? []).map(({ name }) => name));
  const names = (values: Message<'GraphProto'>['input']) => (values ?? []).map(({ name = '' }) => name);
  const operators = (graph.node ?? []).map(({ domain = '', opType = '' }) =>
    domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`,
  );
  return {
    inputs: names(graph.input).filter((name) => !fixed.has(name)),
    outputs: names(graph.output),
    operators: [...new Set(operators)],
  };
}

/**
 * A model some of whose inputs have a value in the file, each given as a `TensorProto`: the way to import a model whose
 * shapes depend on an input.
 * @throws ImportError when the bytes are no model or no tensor, or the model has no such input.
 */
export function bindInputs(bytes: Uint8Array, values: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const model = read('ModelProto', bytes);
  const graph = model.graph ?? {};
  const missing = Object.keys(values).find((name) => !graph.input?.some((each) => each.name === name));
  if (missing !== undefined) throw new ImportError(`input ${missing}: expected an input of the model, got none`);
  const bound = Object.entries(values).map(([name, tensor]) => ({ ...read('TensorProto', tensor), name }));
  const input = (graph.input ?? []).filter(({ name = '' }) => !Object.hasOwn(values, name));
  const initializer = [...(graph.initializer ?? []), ...bound];
  return encodeMessage('ModelProto', { ...model, graph: { ...graph, input, initializer } });
}

/**
 * Reads a `TensorProto`; half precision becomes float32.
 * @throws ImportError when the bytes are none, or its element type is none of ours.
 */
export function decodeTensorProto(bytes: Uint8Array): Tensor {
  return readTensor('tensor', read('TensorProto', bytes), () => {
    throw new ImportError('tensor: expected its data in the file, got external data');
  });
}

function read<M extends 'ModelProto' | 'TensorProto'>(name: M, bytes: Uint8Array): Message<M> {
  try {
    return decodeMessage(name, bytes);
  } catch (cause) {
    throw new ImportError(`expected a ${name}, got ${bytes.byteLength} bytes that are none (${String(cause)})`);
  }
}
