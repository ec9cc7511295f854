import { InputError } from '@parallax/config';
import {
  cast,
  createBody,
  createGraph,
  formatShape,
  freeInputs,
  type Graph,
  inline,
  input,
  inputName,
  reshape,
  shapeSize,
  substitute,
  type Value,
} from '@parallax/graph';
import { createDraws, type Draw, type DrawSpec } from '@parallax/objectives';
import type { Ends } from './ends.ts';
import type { ImageShape } from './input-layout.ts';
import { modelRefused } from './refused.ts';

/** The two parts of an encoder as graphs of their own. */
export interface EncoderParts {
  /** images [N, C, H, W] in [0, 1] → features [N, D] */
  readonly encode: Graph;
  /** features [N, D] → logits [N, K]; absent without logits. */
  readonly classify: Graph | undefined;
  readonly featureDimension: number;
  /** K; 0 without logits. */
  readonly classes: number;
  /** What `encode` draws, in the order of its inputs after the images. */
  readonly draws: readonly DrawSpec[];
  readonly notes: readonly string[];
}

/** What stands before a model. */
export interface Front {
  /** Of the images that it takes. */
  readonly shape: ImageShape;
  /** Images [N, C, H, W] in [0, 1] → what the model takes. */
  readonly adapt: (images: Value, draw: Draw) => Value;
  /** The input of the model. */
  readonly input: Value;
}

/**
 * Cuts a model into encoder and head at its features, which are laid out as one row an image.
 * @param isNamed whether the user named the features; else the logits take their place where the cut is not clean.
 * @throws InputError when the features are no tensor [N, …], or the logits need more than them.
 */
export function cutModel({ features, logits, notes }: Ends, front: Front, isNamed: boolean): EncoderParts {
  const featureDimension = rowLength(features);
  const classify = logits && headOf(features, logits, featureDimension);
  if (classify === 'needs the images') {
    if (isNamed) throw featuresRefused('a tensor through which alone the logits depend on the images', features);
    const note = 'the logits depend on more than the input of the last linear layer: they are the features themselves';
    return cutModel({ features: logits as Value, logits, notes: [...notes, note] }, front, true);
  }
  const draws = createDraws();
  const images = input('images', ['N', ...front.shape]);
  const name = inputName(front.input);
  const body = createBody([front.input], [{ name: 'features', value: asRows(features, featureDimension) }]);
  const rows = inline(body, { [name]: front.adapt(images, draws.draw) })['features'] as Value;
  if (freeInputs([rows]).length === 0) throw featuresRefused('a tensor that depends on the images', features);
  return {
    encode: createGraph([images, ...draws.inputs], { features: rows }),
    classify,
    featureDimension,
    classes: logits === undefined ? 0 : Number(logits.shape[1]),
    draws: draws.specs,
    notes,
  };
}

/** features [N, D] → logits, or why there is no such function. */
function headOf(features: Value, logits: Value, length: number): Graph | 'needs the images' {
  const rows = input('features', ['N', length]);
  const lengths = features.shape.slice(1).map(Number);
  const given = cast(lengths.length === 1 ? rows : reshape(rows, [-1, ...lengths]), features.dtype);
  const { outputs } = substitute(createBody([], [{ name: 'logits', value: logits }]), new Map([[features, given]]));
  const value = cast(outputs[0]?.value as Value, 'float32');
  const isClean = freeInputs([value]).every((needed) => needed === rows);
  return isClean ? createGraph([rows], { logits: value }) : 'needs the images';
}

function asRows(features: Value, length: number): Value {
  return cast(features.shape.length === 2 ? features : reshape(features, [-1, length]), 'float32');
}

function rowLength(features: Value): number {
  const length = shapeSize(features.shape.slice(1));
  const isFloat = features.dtype === 'float32' || features.dtype === 'float64';
  if (isFloat && features.shape[0] === 'N' && typeof length === 'number' && features.shape.length > 1) return length;
  throw modelRefused('features [N, …] of floating-point numbers', `${features.dtype} ${formatShape(features.shape)}`);
}

function featuresRefused(expected: string, { dtype, shape }: Value): InputError {
  return new InputError([{ field: 'header.features_tensor', expected, got: `one of ${dtype} ${formatShape(shape)}` }]);
}
