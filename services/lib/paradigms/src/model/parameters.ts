import { constant, reshape, slice, type Value } from '@parallax/graph';
import { elementCount, float32, normal, type Tensor, uniform } from '@parallax/tensor';

/** The law a parameter is drawn from before training. */
export type Initializer =
  | { readonly law: 'uniform'; readonly bound: number }
  | { readonly law: 'normal'; readonly deviation: number }
  | { readonly law: 'constant'; readonly value: number }
  | { readonly law: 'table'; readonly values: Float32Array };

export interface ParameterOptions {
  /** Whether weight decay applies; biases, normalisation and embeddings are usually left out. */
  readonly decay?: boolean;
}

/** A running statistic: not trained, but moved along with training (batch normalisation). */
export interface Buffer {
  readonly value: Value;
  /** Names the value that the buffer has after this training step. */
  readonly update: (next: Value) => void;
}

/** What a layer sees: a place to ask for its parameters by name, and whether it is being trained. */
export interface Parameters {
  readonly training: boolean;
  readonly parameter: (
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    options?: ParameterOptions,
  ) => Value;
  readonly buffer: (name: string, shape: readonly number[], initial: number) => Buffer;
  /** The same place, with `prefix.` before every name. */
  readonly scope: (prefix: string) => Parameters;
}

export interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly initializer: Initializer;
  readonly decay: boolean;
}

/**
 * All parameters of a model as one vector, and all its buffers as another: an optimiser is then a few operators on long
 * vectors, and what travels between training steps is one tensor each.
 */
export interface Layout {
  readonly parameters: readonly Entry[];
  readonly buffers: readonly Entry[];
  readonly parameterCount: number;
  readonly bufferCount: number;
}

/** Runs a model once to learn which parameters and buffers it asks for, in the order it asks. */
export function layOut(model: (parameters: Parameters) => void): Layout {
  const lists = { parameters: new Map<string, Entry>(), buffers: new Map<string, Entry>() };
  const declare = (
    list: Map<string, Entry>,
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    decay: boolean,
  ): Value => {
    if (!list.has(name)) list.set(name, { name, shape, offset: sizeOf([...list.values()]), initializer, decay });
    return constant(float32(shape, new Float32Array(elementCount(shape))));
  };
  model(
    makeParameters('', true, {
      parameter: (name, shape, initializer, options) =>
        declare(lists.parameters, name, shape, initializer, options?.decay ?? true),
      buffer: (name, shape, initial) => ({
        value: declare(lists.buffers, name, shape, { law: 'constant', value: initial }, false),
        update: () => {},
      }),
    }),
  );
  const parameters = [...lists.parameters.values()];
  const buffers = [...lists.buffers.values()];
  return { parameters, buffers, parameterCount: sizeOf(parameters), bufferCount: sizeOf(buffers) };
}

function sizeOf(entries: readonly Entry[]): number {
  const last = entries.at(-1);
  return last === undefined ? 0 : last.offset + elementCount(last.shape);
}

/** The parameters of a layout, taken out of the vectors that hold them. `updates` collects the buffers' next values. */
export function bind(
  layout: Layout,
  vectors: { readonly parameters: Value; readonly buffers: Value },
  options: { readonly training: boolean; readonly updates?: Map<string, Value> },
): Parameters {
  const take = (entries: readonly Entry[], vector: Value, name: string): Value => {
    const entry = entries.find((each) => each.name === name);
    if (entry === undefined) throw new Error(`parameter ${name}: not in the layout`);
    const end = entry.offset + elementCount(entry.shape);
    return reshape(slice(vector, [{ axis: 0, start: entry.offset, end }]), entry.shape);
  };
  return makeParameters('', options.training, {
    parameter: (name) => take(layout.parameters, vectors.parameters, name),
    buffer: (name) => ({
      value: take(layout.buffers, vectors.buffers, name),
      update: (next) => options.updates?.set(name, next),
    }),
  });
}

function makeParameters(
  prefix: string,
  training: boolean,
  source: Pick<Parameters, 'parameter' | 'buffer'>,
): Parameters {
  return {
    training,
    parameter: (name, shape, initializer, options) => source.parameter(prefix + name, shape, initializer, options),
    buffer: (name, shape, initial) => source.buffer(prefix + name, shape, initial),
    scope: (inner) => makeParameters(`${prefix}${inner}.`, training, source),
  };
}

/** The values before training: each parameter has its own random stream, named after it. */
export function initialVector(entries: readonly Entry[], seed: number): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(entries));
  for (const { name, shape, offset, initializer } of entries)
    data.set(draw(initializer, name, elementCount(shape), seed), offset);
  return float32([data.length], data);
}

function draw(initializer: Initializer, name: string, length: number, seed: number): Float32Array {
  const key = { seed, purpose: `initialise.${name}` };
  switch (initializer.law) {
    case 'uniform':
      return uniform(key, length).map((value) => (2 * value - 1) * initializer.bound);
    case 'normal':
      return normal(key, length).map((value) => value * initializer.deviation);
    case 'constant':
      return new Float32Array(length).fill(initializer.value);
    case 'table':
      return initializer.values;
  }
}
