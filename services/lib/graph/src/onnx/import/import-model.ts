import { formatShape } from '../../dims.ts';
import { GraphError } from '../../errors.ts';
import { createGraph, freeInputs, type Graph, inputName } from '../../graph.ts';
import type { Value } from '../../value.ts';
import { decodeMessage, type Message } from '../wire.ts';
import { Batch, batchSymbol } from './batch.ts';
import { externalReader } from './external-data.ts';
import { functionKey, GraphImporter, type OperatorSets, setsOf } from './graph-importer.ts';
import { halfTypes } from './half.ts';
import { FixedBatchError, ImportError, shown } from './import-error.ts';
import { type Declared, declaredInput, fixedBatch, imageInput, inputValues } from './inputs.ts';
import { Knowledge } from './knowledge.ts';
import { type ImportLimits, ordinaryLimits } from './limits.ts';
import { Noise, type NoiseInput } from './noise.ts';

export interface ImportOptions {
  /**
   * Contents of an external data file beside the model; absent: external data are refused. The location was checked: a
   * relative path that stays beside the model.
   */
  readonly readExternal?: (location: string) => Uint8Array;
  /** Shape of the one image input without its batch, when the file leaves it open, in the file's own layout. */
  readonly inputShape?: readonly number[];
  readonly limits?: Partial<ImportLimits>;
  /** Whether noise that the model draws for each sample becomes an input of its graph. Otherwise it is refused. */
  readonly noise?: boolean;
}

export interface ImportedModel {
  /** The batch is `'N'` wherever the model is right for any. */
  readonly graph: Graph;
  readonly opset: number;
  readonly producer: string;
  /** One sentence each: what was changed or assumed. */
  readonly notes: readonly string[];
  /** Every named tensor of the file's graph. */
  readonly values: ReadonlyMap<string, Value>;
  /** The last inputs of the graph: noise that the model draws. */
  readonly noise: readonly NoiseInput[];
}

/** Operator sets whose forms are known. */
const opsets = { oldest: 7, newest: 26 } as const;

/**
 * Imports an ONNX model as a graph of ours: older operator forms are brought into the newest, functions are inlined,
 * shapes that the model computes are computed, half precision becomes float32, and a batch length that the file fixes
 * is made free where that changes no sample's result.
 * @throws ImportError naming the node or field, what was expected and what came.
 */
export function importModel(bytes: Uint8Array, options: ImportOptions = {}): ImportedModel {
  try {
    return importBytes(bytes, options);
  } catch (error) {
    if (error instanceof GraphError || !(error instanceof Error)) throw error;
    // Whatever else a file can provoke (a shape no tensor has, memory for none) is the file's fault too.
    throw new ImportError(error.message);
  }
}

function importBytes(bytes: Uint8Array, options: ImportOptions): ImportedModel {
  const limits = { ...ordinaryLimits, ...options.limits };
  const model = readModel(bytes, limits);
  const fixed = fixedBatch(imageInput(declaredInputs(model.graph)));
  if (fixed === undefined) return importAs(model, options, limits, undefined);
  try {
    const imported = importAs(model, options, limits, fixed);
    return withNote(imported, `The file fixes the batch at ${fixed}; it is imported for any batch.`);
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    // Whatever is wrong with the model itself is found again.
    const imported = importAs(model, options, limits, undefined);
    return withNote(
      imported,
      `The batch stays fixed at ${fixed}, as in the file: ${error.message.slice('import: '.length)}.`,
    );
  }
}

interface Model {
  readonly graph: Message<'GraphProto'>;
  readonly operatorSets: OperatorSets;
  readonly functions: ReadonlyMap<string, Message<'FunctionProto'>>;
  readonly producer: string;
  readonly bytes: number;
}

function readModel(bytes: Uint8Array, limits: ImportLimits): Model {
  if (bytes.byteLength > limits.bytes) {
    throw new ImportError(`model: expected at most ${limits.bytes} bytes, got ${bytes.byteLength}`);
  }
  const message = parsed(bytes);
  if (message.graph === undefined) throw new ImportError('graph: expected a graph, got none');
  const operatorSets = setsOf(message.opsetImport ?? []);
  const opset = operatorSets.get('');
  if (opset === undefined || !(opset >= opsets.oldest && opset <= opsets.newest)) {
    throw new ImportError(`opset: expected ${opsets.oldest} to ${opsets.newest}, got ${opset ?? 'none'}`);
  }
  const functions = new Map(
    (message.functions ?? []).map((each) => [functionKey(each.domain, each.name, each.overload), each]),
  );
  const producer = [message.producerName, message.producerVersion].filter(Boolean).join(' ');
  return { graph: message.graph, operatorSets, functions, producer, bytes: bytes.byteLength };
}

function parsed(bytes: Uint8Array): Message<'ModelProto'> {
  try {
    return decodeMessage('ModelProto', bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImportError(`expected an ONNX model, got ${bytes.byteLength} bytes that are none (${reason})`);
  }
}

/** Inputs that are fed: one that is an initializer too has a default, which is taken. */
function declaredInputs(graph: Message<'GraphProto'>): readonly Declared[] {
  const initialized = new Set((graph.initializer ?? []).map(({ name = '' }) => name));
  return (graph.input ?? []).filter(({ name = '' }) => !initialized.has(name)).map(declaredInput);
}

function importAs(
  model: Model,
  options: ImportOptions,
  limits: ImportLimits,
  fixed: number | undefined,
): ImportedModel {
  const notes = new Set<string>();
  const declared = declaredInputs(model.graph);
  const inputs = inputValues(declared, options.inputShape, fixed);
  if (declared.some(({ elementType }) => halfTypes.has(elementType))) {
    notes.add('Inputs of half precision are taken as float32.');
  }
  const byName = new Map(inputs.map((value) => [inputName(value), value]));
  if (byName.size < inputs.length) throw new ImportError('inputs: expected distinct names, got one twice');
  const drawing = options.noise === true ? new Noise() : undefined;
  const importer = new GraphImporter({
    knowledge: new Knowledge(inputs),
    batch: new Batch(fixed),
    limits,
    readExternal: externalReader(options.readExternal, limits.bytes - model.bytes),
    functions: model.functions,
    note: (sentence) => notes.add(sentence),
    noise: drawing,
  });
  const values = importer.run(model.graph, byName, model.operatorSets);
  const outputs = outputValues(model.graph, values);
  if (fixed !== undefined) assertBatched(model.graph, outputs, fixed);
  const noise = usedNoise(drawing, Object.values(outputs));
  return {
    graph: createGraph([...inputs, ...noise.map(({ input }) => input)], outputs),
    opset: model.operatorSets.get('') ?? 0,
    producer: model.producer,
    notes: [...notes],
    values,
    noise,
  };
}

function usedNoise(drawing: Noise | undefined, outputs: readonly Value[]): readonly NoiseInput[] {
  const used = new Set(freeInputs(outputs));
  return drawing?.inputs.filter(({ input }) => used.has(input)) ?? [];
}

function outputValues(
  graph: Message<'GraphProto'>,
  values: ReadonlyMap<string, Value>,
): Readonly<Record<string, Value>> {
  const outputs: Record<string, Value> = Object.create(null) as Record<string, Value>;
  for (const { name = '' } of graph.output ?? []) {
    const value = values.get(name);
    if (value === undefined) throw new ImportError(`output ${shown(name)}: never computed`);
    if (Object.hasOwn(outputs, name)) throw new ImportError(`output ${shown(name)}: expected it once, got it twice`);
    outputs[name] = value;
  }
  if (Object.keys(outputs).length === 0) throw new ImportError('outputs: expected at least one, got none');
  return outputs;
}

/** Every output that had the batch first has it first still. */
function assertBatched(graph: Message<'GraphProto'>, outputs: Readonly<Record<string, Value>>, fixed: number): void {
  for (const { name = '', type } of graph.output ?? []) {
    const leading = type?.tensorType?.shape?.dim?.[0]?.dimValue;
    const shape = outputs[name]?.shape ?? [];
    if (leading === fixed && shape[0] !== batchSymbol) {
      throw new FixedBatchError(`output ${shown(name)}: expected the batch on axis 0, got ${formatShape(shape)}`);
    }
  }
}

function withNote(imported: ImportedModel, note: string): ImportedModel {
  return { ...imported, notes: [note, ...imported.notes] };
}
