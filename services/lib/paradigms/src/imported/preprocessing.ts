import { createHash } from 'node:crypto';
import { InputError } from '@parallax/config';
import {
  cast,
  formatShape,
  type Graph,
  GraphError,
  type ImportedModel,
  type ImportLimits,
  importModel,
  inline,
  inputName,
  isStatic,
  sameShape,
  UnsupportedOperatorError,
  type Value,
  withGradientOf,
} from '@parallax/graph';
import type { Draw } from '@parallax/objectives';
import type { PreprocessingProvenance } from '../bundle/manifest.ts';
import { gradientBlocker } from './blocker.ts';
import type { ImageShape } from './input-layout.ts';
import { modelRefused } from './refused.ts';

/** What a model's images go through before they are normalised, such as a quantiser or a decoder of JPEG, as a file. */
export interface PreprocessingSettings {
  /** ONNX: images [N, C, H, W] in [0, 1] → images that are normalised and given to the model. */
  readonly model: Uint8Array;
  readonly gradient: PreprocessingGradient;
}

/**
 * Which gradient stands for that of a preprocessing: its own; that of the identity ("straight through"); or that of
 * another function, ONNX with the same input and output, whose values nobody sees (BPDA, Athalye et al. 2018).
 */
export type PreprocessingGradient =
  | { readonly kind: 'exact' | 'identity' }
  | { readonly kind: 'surrogate'; readonly model: Uint8Array };

/** A preprocessing as a function of our graphs. */
export interface Preprocessing {
  /** Of the images that it takes. */
  readonly shape: ImageShape;
  /** Images [N, C, H, W] → images of the model, with the gradient that was asked for. What it draws it asks `draw` for. */
  readonly apply: (images: Value, draw: Draw) => Value;
  readonly provenance: PreprocessingProvenance;
  readonly notes: readonly string[];
}

/**
 * Reads a preprocessing, and its surrogate, that make images of a shape. The surrogate draws nothing.
 * @throws InputError (MODEL_REFUSED, UNSUPPORTED_OPERATOR) when a file is no such function; INVALID_FIELD when its gradient
 * cannot be what was asked for.
 */
export function openPreprocessing(
  { model, gradient }: PreprocessingSettings,
  made: ImageShape,
  limits: Partial<ImportLimits>,
): Preprocessing {
  const own = readFunction('preprocessing', model, made, limits);
  const surrogate =
    gradient.kind === 'surrogate' ? readFunction('surrogate', gradient.model, made, limits, own.shape) : undefined;
  assertGradient(gradient.kind, own, surrogate, made);
  const differentiated = { exact: own.apply, identity: (images: Value) => images, surrogate: surrogate?.apply };
  const other = differentiated[gradient.kind] ?? own.apply;
  return {
    shape: own.shape,
    apply: (images, draw) =>
      gradient.kind === 'exact'
        ? own.apply(images, draw)
        : withGradientOf(own.apply(images, draw), other(images, draw)),
    provenance: {
      sha256: sha256(model),
      gradient: gradient.kind,
      ...(gradient.kind === 'surrogate' && { surrogateSha256: sha256(gradient.model) }),
    },
    notes: [...own.notes, ...(surrogate?.notes ?? [])],
  };
}

/** A file that makes images of images. */
interface ImageFunction {
  readonly shape: ImageShape;
  readonly apply: (images: Value, draw: Draw) => Value;
  /** `OPERATOR at TENSOR` that lets no gradient through; empty where one does. */
  readonly blocker: string;
  readonly notes: readonly string[];
}

type Role = 'preprocessing' | 'surrogate';

function readFunction(
  role: Role,
  bytes: Uint8Array,
  made: ImageShape,
  limits: Partial<ImportLimits>,
  taken?: ImageShape,
): ImageFunction {
  const { graph, values, notes, noise } = importFunction(role, bytes, made, limits);
  const [images, ...others] = graph.inputs.slice(0, graph.inputs.length - noise.length);
  const [result, ...results] = graph.outputs;
  const refused = (expected: string, got: string) => modelRefused(expected, got, undefined, role);
  if (images === undefined || others.length > 0) {
    throw refused('one input, the images', describe(graph.inputs));
  }
  if (result === undefined || results.length > 0) {
    throw refused('one output, images', describe(graph.outputs.map(({ value }) => value)));
  }
  const shape = imageShape(images);
  if (shape === undefined) throw refused('images [N, C, H, W] of floating-point numbers', describe([images]));
  if (taken !== undefined && !sameShape(shape, taken)) {
    throw refused(`images [N, ${taken.join(', ')}], as the preprocessing takes`, describe([images]));
  }
  const out = imageShape(result.value);
  if (out === undefined || !sameShape(out, made)) {
    throw refused(`an output [N, ${made.join(', ')}], the images of the model`, describe([result.value]));
  }
  return {
    shape,
    apply: (given, draw) => {
      const drawn = noise.map(({ input, law }) => [inputName(input), draw(role, law, sampleDims(input))] as const);
      const outputs = inline(graph, { [inputName(images)]: cast(given, images.dtype), ...Object.fromEntries(drawn) });
      return cast(outputs[result.name] as Value, 'float32');
    },
    blocker: blockerOf(result.value, images, values),
    notes,
  };
}

/** An image that the file leaves open is taken to be one of the model's. */
function importFunction(
  role: Role,
  bytes: Uint8Array,
  shape: ImageShape,
  limits: Partial<ImportLimits>,
): ImportedModel {
  // A surrogate is there for its gradient, which noise would only blur.
  const noise = role === 'preprocessing';
  try {
    return importModel(bytes, { limits, noise });
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    if (!/name the shape/.test(error.message)) throw importRefused(role, error);
  }
  try {
    return importModel(bytes, { limits, noise, inputShape: shape });
  } catch (error) {
    throw error instanceof GraphError ? importRefused(role, error) : error;
  }
}

const drawnBySample = ['RandomNormalLike', 'RandomUniformLike', 'Bernoulli'];
const drawing: ReadonlySet<string> = new Set([...drawnBySample, 'Multinomial', 'RandomNormal', 'RandomUniform']);

function importRefused(role: Role, error: GraphError): InputError {
  const draws = error instanceof UnsupportedOperatorError && drawing.has(error.facts.operator);
  const able = { preprocessing: `draws for each sample, by ${drawnBySample.join(', ')}`, surrogate: 'no draws' }[role];
  const expected = draws ? able : 'an ONNX model that can be imported';
  return modelRefused(expected, error.message.replace(/^import: /, ''), error, role);
}

/** @throws InputError when a gradient that was asked for is none. */
function assertGradient(
  kind: PreprocessingGradient['kind'],
  own: ImageFunction,
  surrogate: ImageFunction | undefined,
  made: ImageShape,
): void {
  const refused = (expected: string, got: string) =>
    new InputError([{ field: 'header.preprocessing.gradient', expected, got }]);
  if (kind === 'exact' && own.blocker !== '') {
    const expected = 'identity or a surrogate, as no gradient passes the preprocessing';
    throw refused(expected, `exact, and ${own.blocker}`);
  }
  if (kind === 'identity' && !sameShape(own.shape, made)) {
    const expected = 'exact or a surrogate, as the preprocessing changes the shape';
    throw refused(expected, `identity, and ${formatShape(own.shape)} becomes ${formatShape(made)}`);
  }
  if (surrogate !== undefined && surrogate.blocker !== '') {
    throw modelRefused('a function that a gradient passes', surrogate.blocker, undefined, 'surrogate');
  }
}

/** Of noise [N, …]; the import has seen to it that the lengths are fixed. */
function sampleDims({ shape }: Value): readonly number[] {
  return shape.slice(1).map(Number);
}

/** [C, H, W] of images [N, C, H, W] of floating-point numbers, of any number. */
function imageShape({ dtype, shape: [batch, ...lengths] }: Value): ImageShape | undefined {
  const isFloat = dtype === 'float32' || dtype === 'float64';
  if (!isFloat || batch !== 'N' || lengths.length !== 3 || !isStatic(lengths)) return undefined;
  return lengths as unknown as ImageShape;
}

/** `OPERATOR at TENSOR`, by the name that the file gives the output of the node that blocks; empty without one. */
export function blockerOf(output: Value, wrt: Value, values: ReadonlyMap<string, Value>): string {
  const node = gradientBlocker(output, wrt);
  if (node === undefined) return '';
  const name = [...values].find(([, value]) => node.outputs.includes(value))?.[0];
  return name === undefined ? node.op : `${node.op} at ${name}`;
}

function describe(values: Graph['inputs']): string {
  return values.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(', ') || 'none';
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
